import type { Redis, Result } from 'ioredis';
import type { ExportedEntry } from '../../ports/CacheStore';
import type { RedisClient } from './cacheStore';
import { readEntryFront, type EntryFront } from './entryFront';
import { namespaceKeys, namespaceRegistry, type NamespaceKeys } from './keys';
import { READ } from './scripts';

declare module 'ioredis' {
	interface RedisCommander<Context> {
		pcReadBuffer(
			keyCount: number,
			...args: string[]
		): Result<Array<[Buffer, number] | null>, Context>;
	}
}

const SCAN_COUNT = 500;

/** The servers that hold keys: the one server, or each primary of a cluster. */
function servers(client: RedisClient): Redis[] {
	return 'nodes' in client ? client.nodes('master') : [client];
}

/** Keys by SCAN, never KEYS; used by inspect, export and counting only, never while answering a request. */
async function* scan(client: RedisClient, match: string): AsyncGenerator<string[]> {
	for (const server of servers(client)) {
		let cursor = '0';
		do {
			const [next, keys] = await server.scan(cursor, 'MATCH', match, 'COUNT', SCAN_COUNT);
			cursor = next;
			if (keys.length > 0) yield keys;
		} while (cursor !== '0');
	}
}

const escaped = (text: string): string => text.replace(/[*?[\]\\]/g, '\\$&');

/** Front, packed bytes and remaining lifetime of each entry of a namespace that may still be served. */
export async function* walkFronts(
	client: RedisClient,
	keys: NamespaceKeys,
): AsyncGenerator<{ key: string; front: EntryFront; leftMs: number; sizeBytes: number }> {
	client.defineCommand('pcRead', { lua: READ });
	const prefix = keys.entry('');
	for await (const names of scan(client, `${escaped(prefix)}*`)) {
		const values = await client.pcReadBuffer(names.length + 1, keys.invalidations, ...names);
		for (const [index, value] of values.entries()) {
			if (!value) continue;
			const [bytes, leftMs] = value;
			const key = (names[index] ?? '').slice(prefix.length);
			yield { key, front: readEntryFront(bytes), leftMs: Number(leftMs), sizeBytes: bytes.length };
		}
	}
}

/** Counts entries that meet a condition; `nowMs` is the server's time. */
export async function countMatching(
	client: RedisClient,
	keys: NamespaceKeys,
	matches: (front: EntryFront, nowMs: number) => boolean,
): Promise<number> {
	const [server] = servers(client);
	const [seconds, micros] = server ? await server.time() : [0, 0];
	const nowMs = Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
	let count = 0;
	for await (const { front } of walkFronts(client, keys)) {
		if (matches(front, nowMs)) count += 1;
	}
	return count;
}

/** Names of all namespaces that hold entries. */
export async function namespaceNames(client: RedisClient, prefix: string): Promise<string[]> {
	return Object.values(await client.hgetall(namespaceRegistry(prefix))).sort();
}

export async function* walkEntries(
	client: RedisClient,
	prefix: string,
	namespace?: string,
): AsyncGenerator<ExportedEntry> {
	const names = namespace === undefined ? await namespaceNames(client, prefix) : [namespace];
	for (const name of names) {
		for await (const { key, front, leftMs } of walkFronts(client, namespaceKeys(prefix, name))) {
			const { storedAtMs, tags, keyVersion, packed } = front;
			const [server] = servers(client);
			const [seconds] = server ? await server.time() : [0];
			const keepMs = Number(seconds) * 1000 - storedAtMs + leftMs;
			yield {
				namespace: name,
				key,
				storedAtMs,
				keepMs,
				tags,
				keyVersion,
				packed: Buffer.from(packed),
			};
		}
	}
}
