/** Drivers for servers that cannot be had here, against replies recorded from their documentation. */
import { createServer, type IncomingMessage } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { qdrantVectorIndex } from '../../nodes/shared/drivers/qdrant/vectorIndex';
import { connectRedis } from '../../nodes/shared/drivers/redis/connect';
import { hasVectorSearch, redisVectorSearch } from '../../nodes/shared/drivers/redis/vectorSearch';
import { systemClock } from '../../nodes/shared/drivers/systemClock';
import { startRespStandIn } from '../support/respStandIn';
import { redisSettings } from './backends';

const part = 'ab'.repeat(32);
const [one, two] = ['01'.repeat(32), '02'.repeat(32)];
const partition = { namespace: 'default', id: part };
const vector = Float32Array.from([0.6, 0.8]);

describe('RediSearch KNN', () => {
	it('creates its index once, writes hashes that expire, and reads distances as cosines', async () => {
		const hash = `pc:{37a8eec1ce19687d}:v:${part}`;
		const server = await startRespStandIn({
			COMMAND: () => [['ft.search', -1]],
			HSET: () => 4,
			PEXPIRE: () => 1,
			'FT.SEARCH': () => [
				2,
				`${hash}:${one}`,
				['distance', '0', 'prompt', 'What is "it"?'],
				`${hash}:${two}`,
				['distance', '0.25', 'prompt', 'else'],
			],
		});
		const client = connectRedis(redisSettings(server.port));
		expect(await hasVectorSearch(client)).toBe(true);
		const index = redisVectorSearch(client, 'pc:');
		await index.add(partition, { key: one, prompt: 'What is "it"?', vector }, 5_000);
		expect(await index.nearest(partition, vector, 2)).toEqual([
			{ key: one, prompt: 'What is "it"?', similarity: 1 },
			{ key: two, prompt: 'else', similarity: 0.75 },
		]);
		await index.remove(partition, [one]);
		const named = (name: string) => server.commands.filter(([first]) => first === name);
		expect(named('FT.CREATE')).toHaveLength(1);
		expect(named('FT.CREATE')[0]!.slice(-6)).toEqual([
			'TYPE',
			'FLOAT32',
			'DIM',
			'2',
			'DISTANCE_METRIC',
			'COSINE',
		]);
		expect(named('FT.SEARCH')[0]![2]).toBe(`(@part:{${part}})=>[KNN 2 @vector $near AS distance]`);
		expect(named('pexpire')).toEqual([['pexpire', named('hset')[0]![1], '5000']]);
		expect(named('del')).toEqual([['del', named('hset')[0]![1]]]);
		client.disconnect();
		await server.close();
	});
});

describe('RediSearch KNN, to be built anew', () => {
	it.each(['pc:vectors-2: no such index', 'SEARCH_INDEX_NOT_FOUND Index not found: pc:vectors-2'])(
		'creates its index once more where the server was emptied: %s',
		async (message) => {
			let isEmptied = false;
			const server = await startRespStandIn({
				'FT.CREATE': () => {
					isEmptied = false;
					return 'OK';
				},
				'FT.SEARCH': () => (isEmptied ? new Error(message) : [0]),
			});
			const client = connectRedis(redisSettings(server.port));
			const index = redisVectorSearch(client, 'pc:');
			await index.nearest(partition, vector, 1);
			isEmptied = true;
			expect(await index.nearest(partition, vector, 1)).toEqual([]);
			const asked = server.commands.map(([name]) => name);
			const [create, search] = ['FT.CREATE', 'FT.SEARCH'];
			expect(asked).toEqual([create, search, search, create, search]);
			client.disconnect();
			await server.close();
		},
	);

	it('creates its index once more on another connection: the server may be another', async () => {
		const server = await startRespStandIn({ 'FT.SEARCH': () => [0] });
		const client = connectRedis(redisSettings(server.port));
		const index = redisVectorSearch(client, 'pc:');
		await index.nearest(partition, vector, 1);
		const ready = new Promise((resolve) => client.once('ready', resolve));
		client.disconnect(true);
		await ready;
		await index.nearest(partition, vector, 1);
		expect(server.commands.filter(([name]) => name === 'FT.CREATE')).toHaveLength(2);
		client.disconnect();
		await server.close();
	});

	it('deletes the hashes of a partition a page at a time, in its own indexes only', async () => {
		const hashes = [`pc:x:${one}`, `pc:x:${two}`];
		const server = await startRespStandIn({
			'FT._LIST': () => ['pc:vectors-2', 'of-another-program'],
			'FT.SEARCH': () => [hashes.length, ...hashes.splice(0)],
			DEL: () => 1,
		});
		const client = connectRedis(redisSettings(server.port));
		await redisVectorSearch(client, 'pc:').clear(partition);
		const named = (name: string) => server.commands.filter(([first]) => first === name);
		expect(named('del')).toEqual([
			['del', `pc:x:${one}`],
			['del', `pc:x:${two}`],
		]);
		expect(named('FT.SEARCH').map((command) => command.slice(1, 4))).toEqual([
			['pc:vectors-2', `@part:{${part}}`, 'NOCONTENT'],
			['pc:vectors-2', `@part:{${part}}`, 'NOCONTENT'],
		]);
		client.disconnect();
		await server.close();
	});
});

describe('Qdrant', () => {
	const bodyOf = async (request: IncomingMessage): Promise<unknown> => {
		const chunks: Buffer[] = [];
		for await (const chunk of request) chunks.push(chunk as Buffer);
		return chunks.length > 0 ? JSON.parse(Buffer.concat(chunks).toString()) : undefined;
	};

	it('creates its collection once, and asks for the nearest points of the partition that live', async () => {
		const seen: Array<{ path: string; body: unknown }> = [];
		const point = { id: 'x', version: 1, score: 0.93, payload: { key: one, prompt: 'near', part } };
		const server = createServer(async (request, response) => {
			const path = `${request.method} ${request.url}`;
			seen.push({ path, body: await bodyOf(request) });
			const results: Record<string, unknown> = {
				'GET /collections/prompt-cache-2/exists': { exists: false },
				'POST /collections/prompt-cache-2/points/query': { points: [point] },
				'GET /collections': {
					collections: [{ name: 'prompt-cache-2' }, { name: 'of-another-program' }],
				},
			};
			response.setHeader('content-type', 'application/json');
			response.end(JSON.stringify({ result: results[path] ?? true, status: 'ok', time: 0 }));
		});
		await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
		const { port } = server.address() as { port: number };
		const index = qdrantVectorIndex({ url: `http://127.0.0.1:${port}/` }, systemClock);
		await index.add(partition, { key: one, prompt: 'near', vector }, 1_000);
		expect(await index.nearest(partition, vector, 5)).toEqual([
			{ key: one, prompt: 'near', similarity: 0.93 },
		]);
		await index.remove(partition, [one]);
		await index.clear(partition);
		expect(seen.map(({ path }) => path)).toEqual([
			'GET /collections/prompt-cache-2/exists',
			'PUT /collections/prompt-cache-2',
			'PUT /collections/prompt-cache-2/index',
			'PUT /collections/prompt-cache-2/points?wait=true',
			'POST /collections/prompt-cache-2/points/query',
			'POST /collections/prompt-cache-2/points/delete?wait=true',
			'GET /collections',
			'POST /collections/prompt-cache-2/points/delete?wait=true',
		]);
		const id = '01010101-0101-0101-abab-abababababab';
		expect(seen[3]!.body).toMatchObject({ points: [{ id, payload: { part, key: one } }] });
		expect(seen[4]!.body).toMatchObject({
			limit: 5,
			filter: { must: [{ key: 'part', match: { value: part } }, { key: 'expiresAt' }] },
		});
		expect(seen[5]!.body).toEqual({ points: [id] });
		expect(seen[7]!.body).toEqual({ filter: { must: [{ key: 'part', match: { value: part } }] } });
		server.closeAllConnections();
		await new Promise((resolve) => server.close(resolve));
	});

	it('that does not answer is unavailable, with a hint', async () => {
		const index = qdrantVectorIndex({ url: 'http://127.0.0.1:9' }, systemClock);
		await expect(index.nearest(partition, vector, 1)).rejects.toMatchObject({
			name: 'StoreUnavailable',
			hint: expect.stringContaining('Qdrant runs'),
		});
	});
});
