import { randomUUID } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Result } from 'ioredis';
import type { Partition, VectorIndex } from '../../ports/VectorIndex';
import { createVectorArray, type VectorArray } from '../memory/vectorIndex';
import { attempt } from './attempt';
import type { RedisClient } from './connect';
import { namespaceKeys } from './keys';

declare module 'ioredis' {
	interface RedisCommander<Context> {
		pcVectorAdd(keyCount: number, ...args: Array<string | Buffer>): Result<number, Context>;
	}
}

/** Partitions beyond this many prompts lose their oldest half: for more, use a server with a vector index. */
const MAX_PROMPTS = 20_000;
const MAX_PARTITIONS = 64;

/**
 * Appends a prompt to the list of a partition, whose first element names the list, so that readers notice a new one.
 * KEYS: list. ARGV: name for a new list, element, keep ms, most elements.
 */
const ADD = `
if redis.call('EXISTS', KEYS[1]) == 0 then redis.call('RPUSH', KEYS[1], ARGV[1]) end
local size = redis.call('RPUSH', KEYS[1], ARGV[2])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[3]) then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
if size > tonumber(ARGV[4]) + 1 then
	redis.call('LTRIM', KEYS[1], math.floor(size / 2), -1)
	redis.call('LPUSH', KEYS[1], ARGV[1])
end
return size
`;

interface Loaded {
	name: string;
	array: VectorArray;
	/** Elements of the list read so far, its name included. */
	read: number;
}

/**
 * Semantic index for Redis without vector search: one append-only list a partition, kept in step and searched in
 * process. An element is: key (32 bytes) · length of the prompt (4, little endian) · prompt · float32 vector.
 */
export function redisVectorList(client: RedisClient, prefix: string): VectorIndex {
	client.defineCommand('pcVectorAdd', { lua: ADD });
	const loaded = new LRUCache<string, Loaded>({ max: MAX_PARTITIONS });
	const keyOf = ({ namespace, id }: Partition) =>
		`${namespaceKeys(prefix, namespace).vectors}${id}`;

	async function upToDate(partition: Partition): Promise<VectorArray> {
		const key = keyOf(partition);
		const known = loaded.get(partition.id);
		const from = known?.read ?? 1;
		const [name, fresh] = await Promise.all([
			client.lindex(key, 0),
			client.lrangeBuffer(key, from, -1),
		]);
		if (known && known.name === (name ?? '')) return extend(known, fresh, from);
		const array = createVectorArray();
		const all = known ? await client.lrangeBuffer(key, 1, -1) : fresh;
		const one: Loaded = { name: name ?? '', array, read: 1 };
		loaded.set(partition.id, one);
		return extend(one, all, 1);
	}

	/** Those read from a position on; another search may have read some of them in the meantime. */
	function extend(one: Loaded, elements: Buffer[], from: number): VectorArray {
		const fresh = elements.slice(one.read - from);
		for (const element of fresh) one.array.put(decode(element));
		one.read += fresh.length;
		return one.array;
	}

	return {
		kind: 'in-process search over a Redis list',
		add: async (partition, prompt, keepMs) => {
			const args = [randomUUID(), encode(prompt), String(Math.round(keepMs)), String(MAX_PROMPTS)];
			await attempt(client.pcVectorAdd(1, keyOf(partition), ...args));
		},
		nearest: async (partition, vector, count) =>
			(await attempt(upToDate(partition))).nearest(vector, count),
		/** Other processes find out by themselves: the cache refuses what is gone. */
		remove: async (partition, keys) => {
			for (const key of keys) loaded.get(partition.id)?.array.delete(key);
		},
		/** The next list has another name, by which other processes notice. */
		clear: async (partition) => {
			await attempt(client.del(keyOf(partition)));
			loaded.delete(partition.id);
		},
	};
}

function encode({
	key,
	prompt,
	vector,
}: {
	key: string;
	prompt: string;
	vector: Float32Array;
}): Buffer {
	const text = Buffer.from(prompt);
	const length = Buffer.alloc(4);
	length.writeUInt32LE(text.length);
	const floats = Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength);
	return Buffer.concat([Buffer.from(key, 'hex'), length, text, floats]);
}

function decode(element: Buffer): { key: string; prompt: string; vector: Float32Array } {
	const end = 36 + element.readUInt32LE(32);
	const floats = element.subarray(end);
	return {
		key: element.toString('hex', 0, 32),
		prompt: element.toString('utf8', 36, end),
		vector: new Float32Array(
			floats.buffer.slice(floats.byteOffset, floats.byteOffset + floats.byteLength) as ArrayBuffer,
		),
	};
}
