import type { Redis, Result } from 'ioredis';
import { CorruptEntry } from '../../core/errors';
import type { ExportedEntry } from '../../ports/CacheStore';
import type { RedisClient } from './connect';
import { readEntryFront, type EntryFront } from './entryFront';
import { namespaceKeys, namespaceRegistry, type NamespaceKeys } from './keys';
import { READ } from './scripts';

declare module 'ioredis' {
	interface RedisCommander<Context> {
		pcReadBuffer(
			keyCount: number,
			...args: string[]
		): Result<[Buffer, ...Array<[Buffer, number] | null>], Context>;
	}
}

const SCAN_COUNT = 500;

/** The servers that hold keys: the one server, or each primary of a cluster. */
async function servers(client: RedisClient, key: string): Promise<Redis[]> {
	if (!('nodes' in client)) return [client];
	// A cluster's client knows its nodes only once a command has gone out.
	if (client.nodes('master').length === 0) await client.exists(key);
	return client.nodes('master');
}

/** Keys by SCAN, never KEYS; used by inspect, export and counting only, never while answering a request. */
async function* scan(client: RedisClient, prefix: string): AsyncGenerator<string[]> {
	const match = `${escaped(prefix)}*`;
	for (const server of await servers(client, prefix)) {
		let cursor = '0';
		do {
			const [next, keys] = await server.scan(cursor, 'MATCH', match, 'COUNT', SCAN_COUNT);
			cursor = next;
			if (keys.length > 0) yield keys;
		} while (cursor !== '0');
	}
}

const escaped = (text: string): string => text.replace(/[*?[\]\\]/g, '\\$&');

/** An entry as it stands in Redis. */
export interface WalkedEntry {
	key: string;
	front: EntryFront;
	leftMs: number;
	sizeBytes: number;
	/** The server's time when it was read. */
	nowMs: number;
}

/** Front, packed bytes and remaining lifetime of each entry of a namespace that may still be served. */
export async function* walkFronts(
	client: RedisClient,
	keys: NamespaceKeys,
): AsyncGenerator<WalkedEntry> {
	client.defineCommand('pcRead', { lua: READ });
	const prefix = keys.entry('');
	for await (const names of scan(client, prefix)) {
		const [now, ...values] = await client.pcReadBuffer(
			names.length + 1,
			keys.invalidations,
			...names,
		);
		for (const [index, value] of values.entries()) {
			const front = value && frontOf(value[0]);
			if (!front) continue;
			const key = (names[index] ?? '').slice(prefix.length);
			const [bytes, leftMs] = value;
			yield { key, front, leftMs: Number(leftMs), sizeBytes: bytes.length, nowMs: Number(now) };
		}
	}
}

/** Undefined where something else was written under the key of an entry. */
function frontOf(bytes: Buffer): EntryFront | undefined {
	try {
		return readEntryFront(bytes);
	} catch (error) {
		if (error instanceof CorruptEntry) return undefined;
		throw error;
	}
}

/** Counts entries that meet a condition. */
export async function countMatching(
	client: RedisClient,
	keys: NamespaceKeys,
	matches: (entry: WalkedEntry) => boolean,
): Promise<number> {
	let count = 0;
	for await (const entry of walkFronts(client, keys)) {
		if (matches(entry)) count += 1;
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
		for await (const entry of walkFronts(client, namespaceKeys(prefix, name))) {
			const { storedAtMs, tags, keyVersion, packed } = entry.front;
			yield {
				namespace: name,
				key: entry.key,
				storedAtMs,
				keepMs: entry.nowMs - storedAtMs + entry.leftMs,
				tags,
				keyVersion,
				packed: Buffer.from(packed),
			};
		}
	}
}
