/**
 * `npm run bench -- engine [items] [single] [memory [sqlite] [redis]] [--entries N]`: what the cache engine costs, measured side by
 * side with the least that could do the same. Prints ratios; asserts nothing.
 */
import { createHash, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { startRedis } from '../scripts/lib/redisServer.mjs';

const require = createRequire(import.meta.url);
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'prompt-cache-bench-'));
process.env.N8N_USER_FOLDER = folder;
process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }));

const dist = '../dist/nodes/';
const Redis = require('ioredis');
const canonicalize = require('canonicalize');
const { CacheLookup } = require(`${dist}CacheLookup/CacheLookup.node.js`);
const { closeConnections, embeddedConnection, redisConnection } = require(
	`${dist}shared/n8n/connections.js`,
);
const { requestKey } = require(`${dist}shared/core/key/requestKey.js`);
const { findRequest } = require(`${dist}shared/core/request/findRequest.js`);
const { encodeEntry, decodeEntry } = require(`${dist}shared/core/entry/envelope.js`);
const { executeContext } = await import('./lib/executeContext.mjs');

const BYTES = 2048;
const wanted = process.argv.slice(2).filter((word) => /^[a-z]+$/.test(word));
const PARTS = ['items', 'single', 'memory'];
const chosen = wanted.filter((word) => PARTS.includes(word));
const runs = (name) => chosen.length === 0 || chosen.includes(name);
const entriesAt = process.argv.indexOf('--entries');
const ENTRIES = entriesAt > 0 ? Number(process.argv[entriesAt + 1]) : 1_000_000;

const print = (line) => process.stdout.write(`${line}\n`);
const words = (seed, bytes) => {
	let text = '';
	for (let at = 0; text.length < bytes; at++) {
		text += `${createHash('sha256').update(`${seed}-${at}`).digest('base64').slice(0, 9)} `;
	}
	return text.slice(0, bytes);
};
const median = (numbers) => numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
const percentile = (numbers, share) =>
	numbers.sort((a, b) => a - b)[Math.min(numbers.length - 1, Math.floor(numbers.length * share))];

const credential = (port) => ({
	mode: 'standalone',
	host: '127.0.0.1',
	port,
	user: '',
	password: '',
	database: 0,
	nodes: '',
	sentinelName: '',
	sentinelPassword: '',
	tls: false,
	tlsCa: '',
	tlsCert: '',
	tlsKey: '',
	tlsVerify: true,
	keyPrefix: 'pc:',
	encryptionKeys: '',
});

/** An entry as Cache Store writes it, of about `bytes`. */
function command(request, bytes) {
	const meta = { ttlMs: 3_600_000, graceMs: 86_400_000, model: null, latencyMs: 900 };
	const response = { text: words('answer', bytes - 120) };
	const packed = encodeEntry({ meta, response }, { compressAboveBytes: 4096, encryptionKeys: [] });
	return {
		namespace: 'default',
		key: requestKey(request, { namespace: 'default' }),
		packed,
		tags: [],
		keyVersion: '',
		keepMs: 90_000_000,
		userHash: randomBytes(8).toString('hex'),
		components: { conversation: `#${randomBytes(8).toString('hex')}` },
	};
}

async function fill(connection, commands) {
	for (let at = 0; at < commands.length; at += 1000) {
		const batch = commands.slice(at, at + 1000);
		await connection.store.run((live) => live.store(batch), 60_000);
	}
}

/** Runs all in turn, several times, and gives the median wall time and CPU time of each, in milliseconds. */
async function sideBySide(rounds, ...works) {
	const times = works.map(() => ({ wall: [], cpu: [] }));
	for (let round = 0; round <= rounds; round++) {
		for (const [index, { prepare, work }] of works.entries()) {
			const prepared = await prepare?.();
			const since = performance.now();
			const cpuSince = process.cpuUsage();
			await work(prepared);
			const { user, system } = process.cpuUsage(cpuSince);
			if (round === 0) continue;
			times[index].wall.push(performance.now() - since);
			times[index].cpu.push((user + system) / 1000);
		}
	}
	return times.map(({ wall, cpu }) => ({ wall: median(wall), cpu: median(cpu) }));
}

const contextOf = (backend, items, credentials) =>
	executeContext(new CacheLookup(), { parameters: { backend }, items, credentials });

/** One execution of Cache Lookup in which every item must be a hit. */
const lookupNode = (backend, items, credentials) => ({
	prepare: () => contextOf(backend, items, credentials),
	async work(ctx) {
		const [hits] = await new CacheLookup().execute.call(ctx);
		if (hits.length !== items.length) throw new Error(`${hits.length} hits of ${items.length}`);
	},
});

/**
 * One of each in turn, `count` times, and the median wall time and mean CPU time of each, in µs. In turn and not one
 * loop after another: a tight loop keeps both processes awake, which no single lookup of a workflow finds.
 */
async function inTurn(count, ...works) {
	const prepared = [];
	for (let at = 0; at < count; at++) {
		prepared.push(await Promise.all(works.map(({ prepare }) => prepare?.())));
	}
	const times = works.map(() => ({ wall: [], cpu: 0 }));
	for (const [at, contexts] of prepared.entries()) {
		for (const [index, { work }] of works.entries()) {
			const cpuSince = process.cpuUsage();
			const since = performance.now();
			await work(contexts[index]);
			const wall = (performance.now() - since) * 1000;
			const { user, system } = process.cpuUsage(cpuSince);
			if (at < count / 5) continue;
			times[index].wall.push(wall);
			times[index].cpu += user + system;
		}
	}
	return times.map(({ wall, cpu }) => ({ cpu: cpu / wall.length, wall: median(wall) }));
}

async function batches(server, raw) {
	const items = Array.from({ length: 10_000 }, (_, index) => ({
		json: { prompt: words(`prompt ${index}`, BYTES) },
	}));
	const commands = items.map(({ json }) => command(findRequest(json), BYTES));
	await fill(redisConnection(credential(server.port)), commands);
	const keys = commands.map(({ key }) => `raw:${key}`);
	for (const [index, { packed }] of commands.entries()) {
		await raw.set(keys[index], packed.toString('latin1'));
	}
	const embedded = embeddedConnection(await packageFolder());
	await fill(embedded, commands);
	print('## 10,000 items of 2 KB in one execution (real n8n-core ExecuteContext, source auto)');
	const [node, mget, sqlite] = await sideBySide(
		7,
		lookupNode('redis', items, credential(server.port)),
		{ work: () => raw.mget(keys) },
		lookupNode('embedded', items),
	);
	const shown = ({ wall, cpu }) => `${wall.toFixed(0)} ms (CPU ${cpu.toFixed(0)} ms)`;
	print(`Cache Lookup on Redis   ${shown(node)}`);
	print(`raw ioredis MGET        ${shown(mget)}`);
	print(
		`ratio ${(node.wall / mget.wall).toFixed(2)}, by CPU ${(node.cpu / mget.cpu).toFixed(2)} (aim 3)`,
	);
	print(`Cache Lookup on SQLite  ${shown(sqlite)}`);
}

let packageFolderFound;
/** Where the node itself keeps its file. */
async function packageFolder() {
	if (packageFolderFound) return packageFolderFound;
	const ctx = await executeContext(new CacheLookup(), { parameters: {}, items: [] });
	packageFolderFound = path.join(
		path.dirname(ctx.helpers.getStoragePath()),
		'n8n-nodes-prompt-cache',
	);
	return packageFolderFound;
}

async function single(server, raw) {
	const request = {
		model: 'gpt-5-mini',
		messages: [{ role: 'user', content: words('one', BYTES) }],
	};
	const one = command(request, BYTES);
	const redis = redisConnection(credential(server.port));
	const embedded = embeddedConnection(await packageFolder());
	await fill(redis, [one]);
	await fill(embedded, [one]);
	const hash = () => createHash('sha256').update(canonicalize(request)).digest('hex');
	await raw.set(`raw:${hash()}`, one.packed);
	const items = [{ json: request }];
	print('## A single hit of 2 KB (parameters read, key, get, decode)');
	const [ours, least, sqlite, unpacking] = await inTurn(
		5_000,
		lookupNode('redis', items, credential(server.port)),
		{ work: async () => raw.getBuffer(`raw:${hash()}`) },
		lookupNode('embedded', items),
		{ work: async () => decodeEntry(one.packed, []) },
	);
	// By itself: in turn with Redis it finds a processor that has just slept.
	const [alone] = await inTurn(5_000, lookupNode('embedded', items));
	const shown = ({ wall, cpu }) => `${wall.toFixed(1)} µs (CPU ${cpu.toFixed(1)} µs)`;
	print(`Cache Lookup on Redis          ${shown(ours)}`);
	print(`raw GET + SHA-256 of its JSON  ${shown(least)}`);
	print(
		`ratio ${(ours.wall / least.wall).toFixed(2)}, by CPU ${(ours.cpu / least.cpu).toFixed(2)} (aim 1.5)`,
	);
	print(
		`Cache Lookup on SQLite         ${shown(sqlite)} in turn with these, ${shown(alone)} by itself (aim 60 µs)`,
	);
	print(`of which unpacking the entry   ${shown(unpacking)}`);
}

async function memory(server) {
	print(`## Memory: ${ENTRIES.toLocaleString('en')} entries of 1 KB`);
	const settings = credential(server.port);
	const admin = new Redis(server.port, '127.0.0.1');
	const usedBytes = async () => Number(/used_memory:(\d+)/.exec(await admin.info('memory'))[1]);
	const backends = [
		['SQLite', () => embeddedConnection(path.join(folder, 'memory')), async () => sizeOf('memory')],
		['Redis', () => redisConnection({ ...settings, keyPrefix: 'memory:' }), usedBytes],
	];
	const only = wanted.filter((word) => ['sqlite', 'redis'].includes(word));
	for (const [name, connect, bytes] of backends) {
		if (only.length > 0 && !only.includes(name.toLowerCase())) continue;
		const before = await bytes();
		const template = command({ prompt: 'x' }, 1024);
		const keys = [];
		const add = async (count) => {
			while (keys.length < count) {
				const batch = [];
				while (batch.length < 1000 && keys.length < count) {
					const key = randomBytes(32).toString('hex');
					keys.push(key);
					batch.push({ ...template, key, userHash: key.slice(0, 16) });
				}
				await connect().store.run((live) => live.store(batch), 60_000);
			}
		};
		/** 99th percentile of a lookup's wall time and CPU time, in µs: on a busy machine the latter tells more. */
		const p99 = async () => {
			const [walls, cpus] = [[], []];
			for (let at = 0; at < 11_000; at++) {
				const key = keys[Math.floor(Math.random() * keys.length)];
				const query = [{ namespace: 'default', key, userHash: key.slice(0, 16) }];
				const cpuSince = process.cpuUsage();
				const since = performance.now();
				const { rows } = await connect().store.run((live) => live.lookup(query), 60_000);
				walls.push((performance.now() - since) * 1000);
				const { user, system } = process.cpuUsage(cpuSince);
				cpus.push(user + system);
				if (!rows[0].found) throw new Error('a miss');
			}
			const of = (times) => percentile(times.slice(1_000), 0.99);
			return { wall: of(walls), cpu: of(cpus), half: percentile(walls.slice(1_000), 0.5) };
		};
		await add(1_000);
		await p99();
		const small = await p99();
		const since = performance.now();
		await add(ENTRIES);
		const seconds = (performance.now() - since) / 1000;
		const large = await p99();
		const each = ((await bytes()) - before) / ENTRIES;
		const shown = ({ wall, cpu, half }) =>
			`p99 ${wall.toFixed(0)} µs (CPU ${cpu.toFixed(0)} µs), median ${half.toFixed(0)} µs`;
		print(`${name}: ${each.toFixed(0)} bytes an entry (value ${template.packed.length})`);
		print(`  at 1,000: ${shown(small)}`);
		print(`  at ${ENTRIES.toLocaleString('en')}: ${shown(large)}`);
		print(
			`  ratio of p99 ${(large.wall / small.wall).toFixed(2)}, by CPU ${(large.cpu / small.cpu).toFixed(2)} (aim 2); ` +
				`stored ${(ENTRIES / seconds / 1000).toFixed(1)} thousand a second`,
		);
	}
	admin.disconnect();
}

const sizeOf = (name) =>
	['', '-wal']
		.map((suffix) => path.join(folder, name, `cache.sqlite${suffix}`))
		.filter((file) => fs.existsSync(file))
		.reduce((sum, file) => sum + fs.statSync(file).size, 0);

const server = await startRedis();
const raw = new Redis(server.port, '127.0.0.1');
try {
	print(
		`Node ${process.versions.node}, ${os.cpus().length} cores, load ${os.loadavg()[0].toFixed(1)}`,
	);
	if (runs('items')) await batches(server, raw);
	if (runs('single')) await single(server, raw);
	if (runs('memory')) await memory(server);
} finally {
	raw.disconnect();
	closeConnections();
	await server.close();
}
process.exit(0);
