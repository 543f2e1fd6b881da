import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connectRedis, type RedisClient } from '../../nodes/shared/drivers/redis/connect';
import { redisSemanticMemory } from '../../nodes/shared/drivers/redis/semanticMemory';
import { qdrantVectorIndex } from '../../nodes/shared/drivers/qdrant/vectorIndex';
import { redisVectorList } from '../../nodes/shared/drivers/redis/vectorList';
import { redisVectorSet } from '../../nodes/shared/drivers/redis/vectorSet';
import { openDatabase } from '../../nodes/shared/drivers/sqlite/openDatabase';
import {
	MEMORY_SCHEMA,
	sqliteSemanticMemory,
} from '../../nodes/shared/drivers/sqlite/semanticMemory';
import { sqliteVectorIndex } from '../../nodes/shared/drivers/sqlite/vectorIndex';
import { VECTOR_SCHEMA } from '../../nodes/shared/drivers/sqlite/vectorSchema';
import { systemClock } from '../../nodes/shared/drivers/systemClock';
import type { SemanticMemory } from '../../nodes/shared/ports/SemanticMemory';
import type { VectorIndex } from '../../nodes/shared/ports/VectorIndex';
import { startRedis } from '../../scripts/lib/redisServer.mjs';
import { ownFolder } from '../support/ownFolder';
import { fetchedServers, redisSettings } from './backends';

interface Semantic {
	index: VectorIndex;
	memory: SemanticMemory;
	/** Another process's view of the same data. */
	other(): VectorIndex;
	close(): Promise<void>;
}

async function overSqlite(): Promise<Semantic> {
	const path = join(ownFolder('vectors'), 'cache.sqlite');
	const open = () => openDatabase(path, VECTOR_SCHEMA + MEMORY_SCHEMA, 0).db;
	const db = open();
	return {
		index: sqliteVectorIndex(db, systemClock),
		memory: sqliteSemanticMemory(db, systemClock),
		other: () => sqliteVectorIndex(open(), systemClock),
		close: async () => db.close(),
	};
}

async function overRedis(
	indexOver: (client: RedisClient, prefix: string) => VectorIndex,
	launcher?: string[],
): Promise<Semantic> {
	const server = await startRedis({ launcher });
	const clients = [connectRedis(redisSettings(server.port))];
	const open = () => {
		const client = connectRedis(redisSettings(server.port));
		clients.push(client);
		return indexOver(client, 'pc:');
	};
	return {
		index: open(),
		memory: redisSemanticMemory(clients[0]!, 'pc:'),
		other: open,
		close: async () => {
			for (const client of clients) client.disconnect();
			await server.close();
		},
	};
}

async function overQdrant(url: string): Promise<Semantic> {
	const sqlite = await overSqlite();
	const open = () => qdrantVectorIndex({ url, collectionPrefix: `test-${hex()}` }, systemClock);
	const index = open();
	return { ...sqlite, index, other: () => index };
}

const { redis8 } = fetchedServers();
const places: Array<[string, () => Promise<Semantic>]> = [
	['SQLite', overSqlite],
	['a Redis list', () => overRedis(redisVectorList)],
];
if (redis8.found)
	places.push(['Redis 8 Vector Sets', () => overRedis(redisVectorSet, redis8.launcher)]);
else console.warn(`Redis Vector Sets are not tested: ${redis8.reason}`);
const qdrantUrl = process.env.PROMPT_CACHE_QDRANT_URL;
if (qdrantUrl) places.push(['Qdrant', () => overQdrant(qdrantUrl)]);

const hex = () => randomBytes(32).toString('hex');
const partition = () => ({ namespace: 'default', id: hex() });
const unit = (...values: number[]): Float32Array => {
	const length = Math.hypot(...values);
	return Float32Array.from(values, (value) => value / length);
};

describe.each(places)('the semantic index over %s', (_name, start) => {
	let semantic: Semantic;
	beforeAll(async () => {
		semantic = await start();
	});
	afterAll(() => semantic.close());

	it('gives the nearest prompts, best first, with cosine and text', async () => {
		const where = partition();
		const [east, north, between] = [hex(), hex(), hex()];
		const { index } = semantic;
		await index.add(where, { key: east, prompt: 'east', vector: unit(1, 0) }, 60_000);
		await index.add(where, { key: north, prompt: 'north', vector: unit(0, 1) }, 60_000);
		await index.add(where, { key: between, prompt: 'é "between"', vector: unit(1, 1) }, 60_000);
		const found = await index.nearest(where, unit(1, 0.1), 2);
		expect(found.map(({ key, prompt }) => [key, prompt])).toEqual([
			[east, 'east'],
			[between, 'é "between"'],
		]);
		expect(found[0]!.similarity).toBeCloseTo(1 / Math.hypot(1, 0.1), 5);
	});

	it('finds nothing in another partition, nor with vectors of another length', async () => {
		const where = partition();
		await semantic.index.add(where, { key: hex(), prompt: 'a', vector: unit(1, 0) }, 60_000);
		expect(await semantic.index.nearest(partition(), unit(1, 0), 5)).toEqual([]);
		expect(await semantic.index.nearest(where, unit(1, 0, 0), 5)).toEqual([]);
	});

	it('shows other processes what was added, replaced, and added after they had looked', async () => {
		const where = partition();
		const [first, second] = [hex(), hex()];
		const other = semantic.other();
		await semantic.index.add(where, { key: first, prompt: 'old', vector: unit(1, 0) }, 60_000);
		expect(await other.nearest(where, unit(1, 0), 5)).toHaveLength(1);
		await semantic.index.add(where, { key: first, prompt: 'new', vector: unit(0, 1) }, 60_000);
		await semantic.index.add(where, { key: second, prompt: 'second', vector: unit(1, 0) }, 60_000);
		const found = await other.nearest(where, unit(1, 0), 5);
		expect(found.map(({ prompt }) => prompt)).toEqual(['second', 'new']);
	});

	it('reads what others add although twenty searches read the same at once', async () => {
		const where = partition();
		const other = semantic.other();
		const add = (prompt: string, vector: Float32Array) =>
			semantic.index.add(where, { key: hex(), prompt, vector }, 60_000);
		await add('first', unit(1, 0));
		await other.nearest(where, unit(1, 0), 5);
		await add('second', unit(1, 1));
		await Promise.all(Array.from({ length: 20 }, () => other.nearest(where, unit(1, 0), 5)));
		await add('third', unit(0, 1));
		const [nearest] = await other.nearest(where, unit(0, 1), 1);
		expect(nearest).toMatchObject({ prompt: 'third' });
	});

	it('forgets what is removed', async () => {
		const where = partition();
		const keys = [hex(), hex(), hex()];
		for (const [at, key] of keys.entries()) {
			await semantic.index.add(where, { key, prompt: key, vector: unit(1, at) }, 60_000);
		}
		await semantic.index.nearest(where, unit(1, 0), 5);
		await semantic.index.remove(where, [keys[0]!]);
		const found = await semantic.index.nearest(where, unit(1, 0), 5);
		expect(found.map(({ key }) => key)).toEqual([keys[1], keys[2]]);
	});

	it('forgets a whole partition, and shows other processes what is built anew', async () => {
		const [where, elsewhere] = [partition(), partition()];
		const [gone, kept, anew] = [hex(), hex(), hex()];
		const { index } = semantic;
		const other = semantic.other();
		await index.add(where, { key: gone, prompt: 'gone', vector: unit(1, 0) }, 60_000);
		await index.add(elsewhere, { key: kept, prompt: 'kept', vector: unit(1, 0) }, 60_000);
		await other.nearest(elsewhere, unit(1, 0), 5);
		await index.clear(where);
		expect(await index.nearest(where, unit(1, 0), 5)).toEqual([]);
		expect(await other.nearest(where, unit(1, 0), 5)).toEqual([]);
		await index.add(where, { key: anew, prompt: 'anew', vector: unit(0, 1) }, 60_000);
		for (const one of [index, other]) {
			expect((await one.nearest(where, unit(0, 1), 5)).map(({ prompt }) => prompt)).toEqual([
				'anew',
			]);
			expect(await one.nearest(elsewhere, unit(1, 0), 5)).toHaveLength(1);
		}
	});

	it('agrees with a plain scan on 500 random vectors', async () => {
		const where = partition();
		const vectors = Array.from({ length: 500 }, () =>
			unit(...Array.from(randomBytes(16), (byte) => byte - 128)),
		);
		const keys = vectors.map(hex);
		await Promise.all(
			vectors.map((vector, at) =>
				semantic.index.add(where, { key: keys[at]!, prompt: '', vector }, 60_000),
			),
		);
		const asked = vectors[250]!;
		const dot = (vector: Float32Array) => vector.reduce((sum, x, k) => sum + x * asked[k]!, 0);
		const similarities = new Map(keys.map((key, at) => [key, dot(vectors[at]!)]));
		const expected = [...similarities.values()].sort((a, b) => b - a);
		const found = await semantic.index.nearest(where, asked, 5);
		expect(found).toHaveLength(5);
		// Which of two that are as near comes first, an index that rounds may tell otherwise.
		for (const [rank, { key, similarity }] of found.entries()) {
			expect(similarity).toBeCloseTo(similarities.get(key)!, 1);
			expect(similarities.get(key)).toBeCloseTo(expected[rank]!, 1);
		}
	});

	it('remembers pairs that are different, in their namespace, and what was observed', async () => {
		const { memory } = semantic;
		const [pair, other] = [hex(), hex()];
		await memory.rememberDifferent('a', [pair], 60_000);
		expect(await memory.areDifferent('a', [other, pair])).toEqual([false, true]);
		expect(await memory.areDifferent('b', [pair])).toEqual([false]);
		const seen = { similarity: 0.875, same: true, guarded: false };
		await memory.observe('a', 'subject', seen, 60_000);
		await memory.observe('a', 'subject', { ...seen, same: false, guarded: true }, 60_000);
		expect(await memory.observations('a', 'subject')).toEqual([
			seen,
			{ similarity: 0.875, same: false, guarded: true },
		]);
		expect(await memory.observations('b', 'subject')).toEqual([]);
	});
});

if (redis8.found) {
	it('A server that was upgraded to Redis 8 holds the old list and fills vector sets beside it', async () => {
		const server = await startRedis({ launcher: redis8.launcher });
		const client = connectRedis(redisSettings(server.port));
		const where = partition();
		const [list, set] = [redisVectorList(client, 'pc:'), redisVectorSet(client, 'pc:')];
		await list.add(where, { key: hex(), prompt: 'old', vector: unit(1, 0) }, 60_000);
		expect(await set.nearest(where, unit(1, 0), 1)).toEqual([]);
		await set.add(where, { key: hex(), prompt: 'new', vector: unit(1, 0) }, 60_000);
		expect(await set.nearest(where, unit(1, 0), 1)).toMatchObject([{ prompt: 'new' }]);
		client.disconnect();
		await server.close();
	});
}
