/**
 * `npm run bench -- n8n [batch] [hit] [seconds]`: the cache beside n8n's own Crypto and Redis nodes, in the same n8n.
 * batch: one execution that looks up 10,000 items of 2 KB. hit: processor time of a request that template 01 answers
 * from the cache, beside an empty Webhook -> Respond workflow and the same flow made of shipped nodes, in each
 * expression engine. Prints ratios: absolute figures are the machine's, not ours.
 */
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { importCredentials, importWorkflows, logIn, publish } from '../scripts/lib/n8nContent.mjs';
import { waitForWebhooks } from '../scripts/lib/n8nContent.mjs';
import { ensureN8nHost } from '../scripts/lib/n8nHost.mjs';
import { startN8n } from '../scripts/lib/n8nProcess.mjs';
import { ensureUserFolder } from '../scripts/lib/n8nUserFolder.mjs';
import { startRedis } from '../scripts/lib/redisServer.mjs';
import { stableId } from '../scripts/lib/templates/fit.mjs';
import { idleRate, measure, once } from './endpoint/load.mjs';
import { batchFlows, fillRaw, ITEMS, nodeTimes } from './n8n/batch.mjs';
import { hitBody, hitFlows, rawKey } from './n8n/hit.mjs';

const Redis = createRequire(import.meta.url)('ioredis');
const words = process.argv.slice(2);
const runs = (part) => !words.some((word) => /^[a-z]+$/.test(word)) || words.includes(part);
const ms = Number(words.find((word) => /^\d+$/.test(word)) ?? 4) * 1000;
const ROUNDS = 5;
/** Short turns and many of them: other work on the machine then meets every flow alike. */
const TURNS = 20;
const TURN_MS = ms / 4;
const SECRET = 'bench-secret-0123456789';
const ENGINES = [
	['vm', {}],
	['vm, lazy', { N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE: 'true' }],
	['legacy', { N8N_EXPRESSION_ENGINE: 'legacy' }],
];

const say = (text) => process.stdout.write(`${text}\n`);
const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

const credentialsFor = (redis) =>
	[
		['httpHeaderAuth', { name: 'x-api-key', value: SECRET }],
		['promptCacheRedisApi', { host: '127.0.0.1', port: redis.port, database: 0 }],
		['redis', { host: '127.0.0.1', port: redis.port, database: 0, user: '', password: '' }],
		['openAiApi', { apiKey: 'none', url: 'http://127.0.0.1:9/v1' }],
	].map(([type, data]) => ({ id: stableId(`bench ${type}`), name: `Bench ${type}`, type, data }));

async function withN8n(env, redis, makeFlows, work) {
	const host = await ensureN8nHost({ node: process.execPath });
	const userFolder = fs.mkdtempSync(path.join(os.tmpdir(), 'prompt-cache-bench-'));
	const owner = await ensureUserFolder(host, userFolder);
	const credentials = credentialsFor(redis);
	const flows = makeFlows(
		Object.fromEntries(credentials.map(({ id, name, type }) => [type, { id, name }])),
	);
	await importCredentials(host, userFolder, credentials);
	await importWorkflows(host, userFolder, flows);
	const n8n = await startN8n(host, userFolder, { env });
	try {
		const ids = flows.map(({ id }) => id);
		await publish(await logIn(n8n.url, owner), ids);
		await waitForWebhooks(n8n.url, flows);
		await work(n8n);
	} finally {
		await n8n.stop();
		fs.rmSync(userFolder, { recursive: true, force: true });
	}
}

async function batch(redis, raw) {
	await fillRaw(raw);
	const env = { N8N_LOG_LEVEL: 'debug', N8N_LOG_FORMAT: 'json', N8N_PAYLOAD_SIZE_MAX: '64' };
	await withN8n(env, redis, batchFlows, async (n8n) => {
		const call = (name) => once(`${n8n.url}/webhook/batch-${name}`, {}, '{}');
		for (const backend of ['redis', 'embedded']) await call(`fill-${backend}`);
		const times = { shipped: [], redis: [], embedded: [] };
		for (let round = 0; round <= ROUNDS; round++) {
			for (const name of Object.keys(times)) {
				const before = n8n.log().length;
				const { status } = await call(name);
				if (status !== 200) throw new Error(`${name} answered ${status}`);
				if (round > 0) times[name].push(nodeTimes(n8n.log().slice(before), name));
			}
		}
		say(`## ${ITEMS.toLocaleString('en')} items of 2 KB in one execution, all of them hits`);
		const shipped = median(times.shipped);
		say(`Crypto and Redis of n8n   ${shipped.toFixed(0)} ms`);
		for (const [name, label, aim] of [
			['redis', 'Cache Lookup on Redis ', 50],
			['embedded', 'Cache Lookup on SQLite', 25],
		]) {
			const own = median(times[name]);
			say(`${label}    ${own.toFixed(0)} ms: ${(shipped / own).toFixed(0)} times (aim ${aim})`);
		}
	});
}

const FLOWS = {
	empty: 'empty Webhook -> Respond',
	noop: 'the same with one No Operation node',
	shipped: 'template 01 with Crypto, Redis and IF',
	embedded: 'template 01, embedded',
	redis: 'template 01, Redis',
	'alone-embedded': 'the way of a hit alone, embedded',
	'alone-redis': 'the way of a hit alone, Redis',
};

/** Processor time of a request to each flow, in ms, of every turn. */
async function hitTimes(n8n) {
	const headers = { 'x-api-key': SECRET };
	const at = (name) => `${n8n.url}/webhook/hit-${name}`;
	for (const backend of ['embedded', 'redis']) await once(at(`fill-${backend}`), headers, hitBody);
	const times = Object.fromEntries(Object.keys(FLOWS).map((name) => [name, []]));
	const idle = await idleRate(n8n.pid);
	for (let turn = 0; turn < TURNS; turn++) {
		// There and back: what a flow leaves to be cleared away does not always burden the same next one.
		const order = Object.keys(FLOWS);
		for (const name of turn % 2 ? order.toReversed() : order) {
			const target = { url: at(name), headers, body: hitBody, pid: n8n.pid, idle };
			const warmUp = turn === 0 ? 20 : 2;
			const { cpuMs } = await measure({ ...target, concurrency: 1, ms: TURN_MS, warmUp });
			times[name].push(cpuMs);
		}
	}
	return times;
}

async function hit(redis, raw) {
	await raw.set(rawKey(), JSON.stringify({ answer: 'A stored answer. '.repeat(40), model: 'm' }));
	say('## A request that is answered from the cache: processor time of n8n');
	for (const [engine, env] of ENGINES) {
		const all = { EXECUTIONS_DATA_SAVE_ON_SUCCESS: 'none', ...env };
		await withN8n(all, redis, hitFlows, async (n8n) => {
			const times = await hitTimes(n8n);
			say(`${engine}: (aims 1.10 and 0.85)`);
			for (const [name, label] of Object.entries(FLOWS)) {
				// Of one turn with the same turn: the machine may be slower in the next.
				const against = (other) =>
					median(times[name].map((cpuMs, turn) => cpuMs / times[other][turn])).toFixed(2);
				say(
					`  ${label.padEnd(38)} ${median(times[name]).toFixed(1)} ms, ${against('empty')} times the empty one, ` +
						`${against('shipped')} times that of shipped nodes`,
				);
			}
		});
	}
}

const redis = await startRedis();
const raw = new Redis(redis.port, '127.0.0.1');
try {
	say(
		`Node ${process.versions.node}, ${os.cpus().length} cores, load ${os.loadavg()[0].toFixed(1)}`,
	);
	if (runs('batch')) await batch(redis, raw);
	if (runs('hit')) await hit(redis, raw);
} finally {
	raw.disconnect();
	await redis.close();
}
