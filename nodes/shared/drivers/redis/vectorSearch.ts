import type { Partition, VectorIndex } from '../../ports/VectorIndex';
import { attempt } from './attempt';
import type { RedisClient } from './connect';
import { namespaceKeys } from './keys';

/** True where the server has a query engine with vector search (Redis Stack, Redis 8, or the module). */
export async function hasVectorSearch(client: RedisClient): Promise<boolean> {
	const [info] = (await client.call('COMMAND', 'INFO', 'FT.SEARCH')) as unknown[];
	return Array.isArray(info);
}

const CLEARED_AT_ONCE = 500;

/** In the words of RediSearch 2, Redis 8.0 and Redis 8.10. Source: issues 1175 of RediSearch, 636 of redis-om-spring, 27 of agent-filesystem, 2026-11. */
const NO_INDEX = /no such index|unknown index|index not found/i;

/**
 * Semantic index on RediSearch: one hash a prompt, one index for all partitions of a vector length; the partition is
 * a tag of the query. KNN answers the cosine distance, 1 - cosine.
 * Source: Redis documentation, "Vector search concepts" and FT.SEARCH, 2026-11.
 */
export function redisVectorSearch(client: RedisClient, prefix: string): VectorIndex {
	const created = new Set<string>();
	// The server may have been replaced by an empty one.
	client.on('ready', () => created.clear());
	const indexOf = (dims: number | '') => `${prefix}vectors-${dims}`;
	const hashOf = ({ namespace, id }: Partition, key: string) =>
		`${namespaceKeys(prefix, namespace).vectors}${id}:${key}`;
	const bytes = (vector: Float32Array) =>
		Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength);

	async function ensureIndex(dims: number): Promise<string> {
		const name = indexOf(dims);
		if (created.has(name)) return name;
		const schema = ['SCHEMA', 'part', 'TAG', 'dims', 'TAG', 'prompt', 'TEXT', 'NOINDEX'];
		const field = ['vector', 'VECTOR', 'FLAT', '6', 'TYPE', 'FLOAT32', 'DIM', String(dims)];
		try {
			await client.call(
				'FT.CREATE',
				name,
				'ON',
				'HASH',
				'PREFIX',
				'1',
				prefix,
				'FILTER',
				`@dims=='${dims}'`,
				...schema,
				...field,
				'DISTANCE_METRIC',
				'COSINE',
			);
		} catch (error) {
			if (!(error as Error).message.includes('already exists')) throw error;
		}
		created.add(name);
		return name;
	}

	async function knn(
		index: string,
		{ id }: Partition,
		near: Buffer,
		count: number,
	): Promise<SearchReply> {
		const query = `(@part:{${id}})=>[KNN ${count} @vector $near AS distance]`;
		const named = ['PARAMS', '2', 'near', near, 'SORTBY', 'distance'];
		const wanted = ['RETURN', '2', 'prompt', 'distance', 'LIMIT', '0', String(count)];
		return (await client.call(
			'FT.SEARCH',
			index,
			query,
			...named,
			...wanted,
			'DIALECT',
			'2',
		)) as SearchReply;
	}

	return {
		kind: 'RediSearch KNN',

		add: async (partition, { key, prompt, vector }, keepMs) => {
			const hash = hashOf(partition, key);
			const fields = { part: partition.id, dims: vector.length, prompt, vector: bytes(vector) };
			await attempt(
				ensureIndex(vector.length).then(() =>
					Promise.all([client.hset(hash, fields), client.pexpire(hash, Math.round(keepMs))]),
				),
			);
		},

		nearest: async (partition, vector, count) => {
			const near = bytes(vector);
			const search = async () =>
				await knn(await ensureIndex(vector.length), partition, near, count);
			const found = search().catch((error: unknown) => {
				if (!(error instanceof Error) || !NO_INDEX.test(error.message)) throw error;
				// FLUSHALL takes the indexes along, and no connection ends.
				created.clear();
				return search();
			});
			return readReply(await attempt(found));
		},

		remove: async (partition, keys) => {
			if (keys.length === 0) return;
			await attempt(Promise.all(keys.map((key) => client.del(hashOf(partition, key)))));
		},

		/** A page at a time, in every index: the partition's vectors may be of another length than before. */
		clear: async ({ id }) => {
			const names = (await attempt(client.call('FT._LIST'))) as string[];
			for (const name of names.filter((one) => one.startsWith(indexOf('')))) {
				for (;;) {
					const page = ['NOCONTENT', 'LIMIT', '0', String(CLEARED_AT_ONCE), 'DIALECT', '2'];
					const search = client.call('FT.SEARCH', name, `@part:{${id}}`, ...page);
					const [, ...hashes] = (await attempt(search)) as [number, ...string[]];
					if (hashes.length === 0) break;
					await attempt(Promise.all(hashes.map((hash) => client.del(hash))));
				}
			}
		},
	};
}

type SearchReply = [number, ...Array<string | string[]>];

/** `[total, hash, [field, value, …], hash, [field, value, …], …]`; the entry's key ends the hash's name. */
function readReply([, ...rows]: SearchReply) {
	const found = [];
	for (let at = 0; at + 1 < rows.length; at += 2) {
		const fields = rows[at + 1] as string[];
		const value = (name: string) => fields[fields.indexOf(name) + 1] ?? '';
		const key = String(rows[at]).split(':').pop() ?? '';
		found.push({ key, prompt: value('prompt'), similarity: 1 - Number(value('distance')) });
	}
	return found;
}
