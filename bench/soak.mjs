/**
 * `npm run bench -- soak [--minutes 30] [--rate 1]`: one n8n under mixed load for half an hour: hits,
 * misses, streams, clients that go away, bad requests, template 02 on Redis and semantic matching. Each
 * minute the load rests, garbage is collected, and memory in use, resident memory and open handles are
 * read. `--rate` multiplies the load of about 18 requests a second. Ends with 1 where an answer was
 * wrong, or where memory or handles grew in the last third.
 */
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { freePort } from '../scripts/lib/freePort.mjs';
import { importCredentials, importWorkflows, logIn, publish } from '../scripts/lib/n8nContent.mjs';
import { waitForWebhooks } from '../scripts/lib/n8nContent.mjs';
import { openInspector } from '../scripts/lib/inspector.mjs';
import { ensureN8nHost } from '../scripts/lib/n8nHost.mjs';
import { startN8n } from '../scripts/lib/n8nProcess.mjs';
import { ensureUserFolder } from '../scripts/lib/n8nUserFolder.mjs';
import { startRedis } from '../scripts/lib/redisServer.mjs';
import { readTemplates } from '../scripts/lib/templates/files.mjs';
import { fitTemplate, stableId } from '../scripts/lib/templates/fit.mjs';
import { cpuSeconds } from './endpoint/load.mjs';
import { node } from '../scripts/lib/templates/node.mjs';
import { named, workflow } from './lib/workflows.mjs';
import { fillMemories, KEY, kinds, startClients } from './soak/clients.mjs';

const { startStandIn } = createRequire(import.meta.url)('../test/support/standInProvider/index.js');
const { values } = parseArgs({
	options: {
		minutes: { type: 'string', default: '30' },
		rate: { type: 'string', default: '1' },
	},
});
const minutes = Number(values.minutes);
const rate = Number(values.rate);
const MINUTE_MS = 60_000;
/** More than this share, or so many handles, in the last third is growth. */
const MOST_GROWTH = 0.05;
const MOST_HANDLES = 5;

const say = (text) => process.stdout.write(`${text}\n`);

const credentialsFor = (standIn, redis) =>
	[
		['openAiApi', { apiKey: 'stand-in', url: `${standIn.url}/v1` }],
		['ollamaApi', { baseUrl: standIn.url }],
		['httpHeaderAuth', { name: 'x-api-key', value: KEY }],
		['promptCacheRedisApi', { host: '127.0.0.1', port: redis.port, database: 0 }],
	].map(([type, data]) => ({ id: stableId(`soak ${type}`), name: `Soak ${type}`, type, data }));

function workflows(port, standIn, credentials) {
	const keys = { key: [{ key: KEY, name: 'soak', namespace: 'soak' }] };
	const endpoint = (route) =>
		node(
			'Endpoint',
			'n8n-nodes-prompt-cache.llmEndpointTrigger',
			1,
			{ listen: 'port', port, path: route, keys },
			{ webhookId: `soak-${route}` },
		);
	const ask = node('Ask', 'n8n-nodes-base.httpRequest', 4.2, {
		method: 'POST',
		url: `${standIn.url}/v1/chat/completions`,
		sendBody: true,
		specifyBody: 'json',
		jsonBody: '={{ JSON.stringify({ ...$json.body, stream: false }) }}',
		options: {},
	});
	const agent = node('Agent', '@n8n/n8n-nodes-langchain.agent', 3.1, {
		promptType: 'define',
		text: '={{ $json.chatInput }}',
		options: {},
	});
	const model = node(
		'Model',
		'@n8n/n8n-nodes-langchain.lmChatOpenAi',
		1.2,
		{ model: { __rl: true, mode: 'id', value: 'gpt-4o-mini' }, options: {} },
		named(credentials.find(({ type }) => type === 'openAiApi')),
	);
	const models = {
		Model: { ai_languageModel: [[{ node: 'Agent', type: 'ai_languageModel', index: 0 }]] },
	};
	const references = Object.fromEntries(
		credentials.map(({ id, name, type }) => [type, { id, name }]),
	);
	const template = (file, more) => {
		const { workflow: found } = readTemplates().find((one) => one.file.startsWith(file));
		const fitted = fitTemplate(found, {
			credentials: references,
			id: stableId(`soak ${file}`),
			...more,
		});
		return {
			...fitted.workflow,
			settings: { ...found.settings, saveDataSuccessExecution: 'none' },
		};
	};
	const url = `${standIn.url}/v1`;
	return [
		workflow('soak', [endpoint('soak'), ask], { Endpoint: 'Ask' }),
		workflow('agent', [endpoint('agent'), agent, model], { Endpoint: 'Agent' }, models),
		template('02', {
			backend: 'redis',
			settings: { smallModelUrl: url, largeModelUrl: url },
			change: ({ nodes }) => {
				nodes.find(({ type }) => type.endsWith('.llmEndpointTrigger')).parameters.keys = keys;
			},
		}),
		template('03', { settings: { modelUrl: url, model: 'gpt-4o-mini' } }),
	];
}

async function startHost() {
	const [standIn, redis] = [
		await startStandIn({ latencyMs: 100, chunkGapMs: 20 }),
		await startRedis(),
	];
	const host = await ensureN8nHost({ node: process.execPath });
	const userFolder = fs.mkdtempSync(path.join(os.tmpdir(), 'prompt-cache-soak-'));
	const owner = await ensureUserFolder(host, userFolder);
	const credentials = credentialsFor(standIn, redis);
	const [port, inspectorPort] = [await freePort(), await freePort()];
	const all = workflows(port, standIn, credentials);
	await importCredentials(host, userFolder, credentials);
	await importWorkflows(host, userFolder, all);
	const n8n = await startN8n(host, userFolder, {
		env: { NODE_OPTIONS: `--inspect=127.0.0.1:${inspectorPort}` },
	});
	const stop = async () => {
		await n8n.stop();
		await standIn.stop();
		await redis.close();
		fs.rmSync(userFolder, { recursive: true, force: true });
	};
	try {
		const ids = all.map(({ id }) => id);
		await publish(await logIn(n8n.url, owner), ids);
		await waitForWebhooks(n8n.url, all);
		const inspector = await openInspector(inspectorPort);
		return { n8n, port, inspector, stop };
	} catch (error) {
		await stop();
		throw error;
	}
}

const MIB = 1024 ** 2;

async function look({ inspector, n8n: { pid } }) {
	await sleep(2_000);
	const { heapBytes, resources } = await inspector.look();
	const [, kib] = /VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'));
	return {
		heapMib: heapBytes / MIB,
		rssMib: Number(kib) / 1024,
		handles: Object.values(resources).reduce((sum, count) => sum + count, 0),
		files: fs.readdirSync(`/proc/${pid}/fd`).length,
		cpuSeconds: cpuSeconds(pid),
		resources,
	};
}

const sorted = (values) => [...values].sort((a, b) => a - b);
const median = (values) => sorted(values)[Math.floor(values.length / 2)] ?? 0;
const cell = (value, width, digits = 0) => value.toFixed(digits).padStart(width);

function row(minute, { heapMib, rssMib, handles, files }, { sent, cut, wrong, hitMs }) {
	const p99 = sorted(hitMs)[Math.floor(hitMs.length * 0.99)] ?? 0;
	const memory = `${cell(heapMib, 9, 1)} ${cell(rssMib, 8)} ${cell(handles, 7)} ${cell(files, 5)}`;
	const load = `${cell(sent, 8)} ${cell(cut, 6)} ${cell(wrong.length, 5)}`;
	say(`${cell(minute, 6)} ${memory} ${load} ${cell(median(hitMs), 8, 2)} ${cell(p99, 8, 2)}`);
}

/** Middle third against last third: the first one is warm-up. */
function verdict(samples) {
	if (samples.length < 3) {
		say('Too short to tell growth: that takes three minutes.');
		return true;
	}
	const third = Math.floor(samples.length / 3);
	const of = (field, from, to) => median(samples.slice(from, to).map((sample) => sample[field]));
	const grown = ['heapMib', 'rssMib', 'handles', 'files'].map((field) => {
		const before = of(field, third, 2 * third);
		const after = of(field, 2 * third);
		const isCount = field === 'handles' || field === 'files';
		const isFlat = isCount ? after - before <= MOST_HANDLES : after / before - 1 <= MOST_GROWTH;
		say(
			`${field}: median ${before.toFixed(1)} in the middle third, ${after.toFixed(1)} in the last: ${isFlat ? 'flat' : 'GROWN'}`,
		);
		return !isFlat;
	});
	return !grown.includes(true);
}

const host = await startHost();
for (const signal of ['SIGINT', 'SIGTERM']) {
	process.once(signal, () => void host.stop().finally(() => process.exit(130)));
}
try {
	await fillMemories(host.port);
	const gateway = `${host.n8n.url}/webhook/llm/v1/chat/completions`;
	const chosen = kinds({
		port: host.port,
		gateway,
		meaning: `${host.n8n.url}/webhook/semantic-cache`,
	});
	const clients = startClients(chosen, rate);
	const samples = [];
	say('minute  heap MiB  RSS MiB handles files requests    cut wrong  hit p50  hit p99');
	for (let minute = 1; minute <= minutes; minute++) {
		await sleep(MINUTE_MS);
		await clients.pause();
		samples.push(await look(host));
		row(minute, samples.at(-1), clients.tally);
		clients.tally.hitMs = [];
		if (minute < minutes) clients.resume();
	}
	clients.stop();
	const { tally } = clients;
	say(`\nOpen at the end: ${JSON.stringify(samples.at(-1).resources)}`);
	const busy = (samples.at(-1).cpuSeconds - samples[0].cpuSeconds) / ((minutes - 1) * 60);
	say(`Processor of n8n: ${(busy * 100).toFixed(0)} % of one core`);
	for (const wrong of tally.wrong.slice(0, 20)) say(`Wrong: ${wrong}`);
	const isFlat = verdict(samples);
	if (!isFlat || tally.wrong.length > 0) process.exitCode = 1;
} finally {
	host.inspector.close();
	await host.stop();
}
