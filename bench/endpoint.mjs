/**
 * `npm run bench -- endpoint [seconds]`: a hit of the LLM Endpoint Trigger, by webhook and by port,
 * embedded and on Redis, beside an empty Webhook -> Respond workflow, a trigger that answers a
 * constant, a bare node:http + ioredis proxy and the Portkey gateway, one after another in one run, at
 * 1, 8 and 32 requests at a time. Prints ratios: absolute figures are the machine's, not ours.
 */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runOrThrow } from '../scripts/lib/command.mjs';
import { freePort } from '../scripts/lib/freePort.mjs';
import {
	importCredentials,
	importWorkflows,
	logIn,
	publish,
	waitForWebhooks,
} from '../scripts/lib/n8nContent.mjs';
import { ensureN8nHost } from '../scripts/lib/n8nHost.mjs';
import { startN8n } from '../scripts/lib/n8nProcess.mjs';
import { ensureUserFolder } from '../scripts/lib/n8nUserFolder.mjs';
import { startRedis } from '../scripts/lib/redisServer.mjs';
import { stableId } from '../scripts/lib/templates/fit.mjs';
import { idleRate, measure, once } from './endpoint/load.mjs';
import { node } from '../scripts/lib/templates/node.mjs';
import { named, workflow } from './lib/workflows.mjs';

const require = createRequire(import.meta.url);
const { startStandIn } = require('../test/support/standInProvider/index.js');
const PORTKEY = '@portkey-ai/gateway@1.15.2';
const here = path.dirname(new URL(import.meta.url).pathname);
const ms = Number(process.argv[2] ?? 4) * 1000;
const KEY = 'bench-key-0123456789';
const CONCURRENCIES = [1, 8, 32];

const content = 'What does a prompt cache save, and where is it of no use? '.repeat(12);
const body = JSON.stringify({ model: 'm', temperature: 0, messages: [{ role: 'user', content }] });
const children = [];

function start(command, args, options) {
	const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], ...options });
	children.push(child);
	return child;
}

const untilReady = (child) => new Promise((resolve) => child.stdout.once('data', resolve));

/**
 * Its build on npm asks a function `getFromCache` that nothing in it sets (1.15.2, read 2026-11): the
 * middleware behind it was left out when it was built, and no configuration brings it back.
 */
async function startPortkey(standIn) {
	const folder = path.join(os.tmpdir(), 'prompt-cache-bench-portkey');
	const program = path.join(folder, 'node_modules/@portkey-ai/gateway/build/start-server.js');
	try {
		if (!fs.existsSync(program)) {
			fs.mkdirSync(folder, { recursive: true });
			fs.writeFileSync(path.join(folder, 'package.json'), '{"private":true}');
			const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', PORTKEY];
			await runOrThrow('npm', args, { cwd: folder, quiet: true });
		}
	} catch {
		process.stdout.write(`${PORTKEY} could not be installed: not measured.\n`);
		return undefined;
	}
	const port = await freePort();
	const env = { ...process.env, TRUSTED_CUSTOM_HOSTS: '127.0.0.1' };
	const child = start(process.execPath, [program, `--port=${port}`, '--headless'], { env });
	child.stdout.resume();
	const url = `http://127.0.0.1:${port}/v1/chat/completions`;
	const config = {
		provider: 'openai',
		api_key: 'none',
		custom_host: `${standIn.url}/v1`,
		cache: { mode: 'simple', max_age: 3600 },
	};
	const headers = { 'x-portkey-config': JSON.stringify(config) };
	for (let tries = 0; tries < 50; tries++) {
		await sleep(200);
		if (await once(url, headers, body).catch(() => undefined)) break;
	}
	const { headers: told } = await once(url, headers, body);
	const status = told['x-portkey-cache-status'];
	if (status !== 'HIT') {
		process.stdout.write(
			`${PORTKEY} from npm says its cache is ${status}: it asks the stand-in each time.\n`,
		);
	}
	return { name: `Portkey (cache ${status})`, url, headers, pid: child.pid };
}

function endpoint(listen, backend, port, standIn, credential) {
	const trigger = node(
		'Endpoint',
		'n8n-nodes-prompt-cache.llmEndpointTrigger',
		1,
		{
			listen,
			port,
			backend,
			path: `${backend}`,
			keys: { key: [{ key: KEY, name: 'bench', namespace: 'bench' }] },
		},
		{
			webhookId: `${listen}-${backend}`,
			...(backend === 'redis' ? named(credential) : {}),
		},
	);
	const ask = node('Ask', 'n8n-nodes-base.httpRequest', 4.2, {
		method: 'POST',
		url: `${standIn.url}/v1/chat/completions`,
		sendBody: true,
		specifyBody: 'json',
		jsonBody: '={{ JSON.stringify($json.body) }}',
		options: {},
	});
	return workflow(`${listen} ${backend}`, [trigger, ask], { Endpoint: 'Ask' });
}

async function startTargets() {
	const [standIn, redis] = [await startStandIn(), await startRedis()];
	const host = await ensureN8nHost({ node: process.execPath });
	const userFolder = fs.mkdtempSync(path.join(os.tmpdir(), 'prompt-cache-bench-'));
	const owner = await ensureUserFolder(host, userFolder);
	const modules = path.join(userFolder, '.n8n', 'nodes', 'node_modules');
	fs.cpSync(
		path.join(here, 'endpoint/constantNode'),
		path.join(modules, 'n8n-nodes-bench-constant'),
		{ recursive: true },
	);
	const credential = {
		id: stableId('bench redis'),
		name: 'Bench Redis',
		type: 'promptCacheRedisApi',
		data: { host: '127.0.0.1', port: redis.port, database: 0 },
	};
	await importCredentials(host, userFolder, [credential]);
	const answer = await (
		await fetch(`${standIn.url}/v1/chat/completions`, { method: 'POST', body })
	).text();
	const port = await freePort();
	const workflows = [
		workflow(
			'empty',
			[
				node(
					'Webhook',
					'n8n-nodes-base.webhook',
					2.1,
					{ httpMethod: 'POST', path: 'empty', responseMode: 'responseNode', options: {} },
					{ webhookId: 'empty' },
				),
				node('Respond', 'n8n-nodes-base.respondToWebhook', 1.4, {
					respondWith: 'firstIncomingItem',
					options: {},
				}),
			],
			{ Webhook: 'Respond' },
		),
		workflow('constant', [
			node(
				'Constant',
				'n8n-nodes-bench-constant.constantTrigger',
				1,
				{ path: 'constant', answer },
				{ webhookId: 'constant' },
			),
		]),
		...['port', 'webhook'].flatMap((listen) =>
			['embedded', 'redis'].map((backend) => endpoint(listen, backend, port, standIn, credential)),
		),
	];
	await importWorkflows(host, userFolder, workflows);
	const n8n = await startN8n(host, userFolder, {});
	await publish(
		await logIn(n8n.url, owner),
		workflows.map(({ id }) => id),
	);
	await waitForWebhooks(n8n.url, workflows);
	await sleep(3000);
	const barePort = await freePort();
	const bare = start(
		process.execPath,
		[path.join(here, 'endpoint/bareProxy.mjs'), String(barePort), String(redis.port)],
		{ env: { ...process.env, BARE_ANSWER: answer } },
	);
	await untilReady(bare);
	const headers = { authorization: `Bearer ${KEY}` };
	const at = (name, url, pid = n8n.pid) => ({ name, url, headers, pid });
	const chat = 'v1/chat/completions';
	const targets = [
		at('empty workflow', `${n8n.url}/webhook/empty`),
		at('constant trigger', `${n8n.url}/webhook/constant`),
		at('bare proxy', `http://127.0.0.1:${barePort}/`, bare.pid),
		at('webhook embedded', `${n8n.url}/webhook/embedded/${chat}`),
		at('webhook redis', `${n8n.url}/webhook/redis/${chat}`),
		at('port embedded', `http://127.0.0.1:${port}/embedded/${chat}`),
		at('port redis', `http://127.0.0.1:${port}/redis/${chat}`),
	];
	const portkey = await startPortkey(standIn);
	if (portkey) targets.push(portkey);
	const stop = async () => {
		for (const child of children) child.kill();
		await n8n.stop();
		await standIn.stop();
		await redis.close();
		fs.rmSync(userFolder, { recursive: true, force: true });
	};
	return { targets, stop };
}

const ratio = (value) => (value >= 10 ? value.toFixed(0) : value.toFixed(2)).padStart(8);

function report(results) {
	const of = (name, concurrency) => results.get(`${name} ${concurrency}`);
	const names = [...new Set([...results.keys()].map((key) => key.replace(/ \d+$/, '')))];
	const portkey = names.find((name) => name.startsWith('Portkey'));
	for (const concurrency of CONCURRENCIES) {
		process.stdout.write(
			`\n${concurrency} at a time (requests per second against the …; processor time per request against the …)\n`,
		);
		process.stdout.write(
			`${''.padEnd(28)}  r/s÷empty  r/s÷portkey  cpu÷empty  cpu÷constant  cpu÷bare\n`,
		);
		for (const name of names) {
			const one = of(name, concurrency);
			const against = (other, field) =>
				other && of(other, concurrency)
					? ratio(one[field] / of(other, concurrency)[field])
					: '       -';
			process.stdout.write(
				`${name.padEnd(28)}  ${against('empty workflow', 'perSecond')}  ${against(portkey, 'perSecond')}    ` +
					`${against('empty workflow', 'cpuMs')}    ${against('constant trigger', 'cpuMs')}      ${against('bare proxy', 'cpuMs')}\n`,
			);
		}
	}
	const worst = (name, against, field, pick) =>
		pick(...CONCURRENCIES.map((c) => of(name, c)[field] / of(against, c)[field]));
	process.stdout.write('\nAims\n');
	for (const backend of ['embedded', 'redis']) {
		const cpu = worst(`webhook ${backend}`, 'constant trigger', 'cpuMs', Math.max);
		const faster = worst(`port ${backend}`, 'empty workflow', 'perSecond', Math.min);
		const bare = worst(`port ${backend}`, 'bare proxy', 'cpuMs', Math.max);
		process.stdout.write(
			`${backend}: webhook ${cpu.toFixed(2)} x the processor time of the constant trigger (aim 1.1), ` +
				`port ${faster.toFixed(0)} x the empty workflow's requests (aim 20), ` +
				`${bare.toFixed(2)} x the bare proxy's processor time (aim 1.5)\n`,
		);
	}
}

const { targets, stop } = await startTargets();
try {
	const results = new Map();
	for (const target of targets) await once(target.url, target.headers, body);
	const idle = new Map();
	for (const { pid } of targets) if (!idle.has(pid)) idle.set(pid, await idleRate(pid));
	for (const concurrency of CONCURRENCIES) {
		for (const target of targets) {
			const result = await measure({
				...target,
				idle: idle.get(target.pid),
				body,
				concurrency,
				ms,
			});
			results.set(`${target.name} ${concurrency}`, result);
			if (process.env.PROMPT_CACHE_BENCH_FIGURES) {
				process.stdout.write(`${target.name} ${concurrency}: ${JSON.stringify(result)}\n`);
			}
		}
	}
	report(results);
} finally {
	await stop();
}
