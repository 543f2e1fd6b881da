/** Lookup of the nearest among many entries on Redis 8 (Vector Sets), through the package's own driver. */
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { startRedis } from '../../scripts/lib/redisServer.mjs';
import { ensureServer } from '../../scripts/lib/servers.mjs';

const require = createRequire(import.meta.url);
const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..');
const built = (name) => require(path.join(root, 'dist', 'nodes', 'shared', `${name}.js`));

const PARTITION = { namespace: 'bench', id: 'b'.repeat(64) };
const KEEP_MS = 3_600_000;
const BATCH = 200;
const QUERIES = 500;
const NEAREST = 5;

const ms = (from) => Number(process.hrtime.bigint() - from) / 1e6;

/** A generator of the same numbers in every run, 0 to below 1. */
function seeded(seed) {
	let state = seed;
	return () => (state = (state * 16807) % 2147483647) / 2147483647;
}

/** Prompts of 8 to 24 words of the table's vocabulary; a query is one of them with two words changed. */
function promptMaker(embedding) {
	const random = seeded(42);
	const vocabulary = [...embedding.rows.keys()].filter((word) => /^[a-z]{4,}$/.test(word));
	const word = () => vocabulary[Math.floor(random() * vocabulary.length)];
	return {
		prompt: () => Array.from({ length: 8 + Math.floor(random() * 17) }, word),
		changed: (words) => {
			const copy = [...words];
			for (let k = 0; k < 2; k++) copy[Math.floor(random() * copy.length)] = word();
			return copy;
		},
	};
}

/**
 * Fills an index with `entries` prompts and asks it. Resolves to a line of figures, or to the reason why there is
 * no Redis 8 here.
 */
export async function benchRedisVectors(entries, embedding) {
	const server = await ensureServer('redis8');
	if (!server.found) return `not measured: ${server.reason}`;
	const { embedText } = built('core/semantic/pooling');
	const { createVectorArray } = built('drivers/memory/vectorIndex');
	const { redisVectorSet } = built('drivers/redis/vectorSet');
	const Redis = require('ioredis');
	const redis = await startRedis({ launcher: server.launcher });
	const client = new Redis(redis.port, '127.0.0.1');
	try {
		const index = redisVectorSet(client, 'bench:');
		const exact = createVectorArray();
		const make = promptMaker(embedding);
		const prompts = Array.from({ length: entries }, make.prompt);
		const from = process.hrtime.bigint();
		for (let at = 0; at < entries; at += BATCH) {
			await Promise.all(
				prompts.slice(at, at + BATCH).map((words, offset) => {
					const key = (at + offset).toString(16).padStart(64, '0');
					const prompt = words.join(' ');
					const one = { key, prompt, vector: embedText(prompt, embedding) };
					exact.put(one);
					return index.add(PARTITION, one, KEEP_MS);
				}),
			);
		}
		const addedMs = ms(from) / entries;
		const times = [];
		let [same, first] = [0, 0];
		for (let query = 0; query < QUERIES + 20; query++) {
			const words = make.changed(prompts[(query * 7919) % entries]);
			const vector = embedText(words.join(' '), embedding);
			const start = process.hrtime.bigint();
			const found = await index.nearest(PARTITION, vector, NEAREST);
			if (query < 20) continue;
			times.push(ms(start));
			const keys = new Set(found.map(({ key }) => key));
			const wanted = exact.nearest(vector, NEAREST);
			same += wanted.filter(({ key }) => keys.has(key)).length;
			if (wanted[0].key === found[0]?.key) first++;
		}
		times.sort((a, b) => a - b);
		const at = (share) => `${times[Math.floor((times.length - 1) * share)].toFixed(2)} ms`;
		const memory = /used_memory:(\d+)/.exec(await client.info('memory'))[1];
		const percent = (share) => `${(share * 100).toFixed(1)} %`;
		return (
			`median ${at(0.5)}, p99 ${at(0.99)}; the nearest found ${percent(first / QUERIES)}, ` +
			`of the nearest ${NEAREST} ${percent(same / QUERIES / NEAREST)}; ` +
			`${addedMs.toFixed(2)} ms an entry to add, ${Math.round(memory / entries)} bytes each`
		);
	} finally {
		client.disconnect();
		await redis.close();
	}
}
