import type { Redis, Result } from 'ioredis';
import { CorruptEntry, notAPosition, StoreUnavailable } from '../../core/errors';
import type { ExportedEntry } from '../../ports/CacheStore';
import { attempt } from './attempt';
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

interface Server {
	client: Redis;
	/** A new one with every start: a cursor of SCAN means nothing to another. */
	runId: string;
}

/** The servers that hold keys: the one server, or each primary of a cluster, always in one order. */
async function servers(client: RedisClient, key: string): Promise<Server[]> {
	// A cluster's client knows its nodes only once a command has gone out.
	if ('nodes' in client && client.nodes('master').length === 0) await client.exists(key);
	const all = 'nodes' in client ? client.nodes('master') : [client];
	const named = await Promise.all(
		all.map(async (one) => ({ client: one, runId: await runIdOf(one) })),
	);
	return named.sort((one, other) => (one.runId < other.runId ? -1 : 1));
}

/** Empty where the user may not ask: then no walk goes on where another was. */
async function runIdOf(server: Redis): Promise<string> {
	try {
		return /^run_id:(\S+)/m.exec(await server.info('server'))?.[1] ?? '';
	} catch (error) {
		if (error instanceof Error && error.message.startsWith('NOPERM')) return '';
		throw error;
	}
}

/** Where a page of keys begins: a cursor of SCAN, which Redis keeps nothing of, on one server (its run id). */
interface Place {
	server: string;
	cursor: string;
}

interface Page extends Place {
	names: string[];
}

/** Keys by SCAN, never KEYS; used by inspect, export and counting only, never while answering a request. */
async function* scan(client: RedisClient, prefix: string, from?: Place): AsyncGenerator<Page> {
	const match = `${escaped(prefix)}*`;
	const all = await attempt(servers(client, prefix));
	// A server that was started anew or left its keys to another one is not found: all keys are walked again.
	const first = all.findIndex(({ runId }) => runId !== '' && runId === from?.server);
	for (const [index, { client: server, runId }] of all.entries()) {
		if (index < first) continue;
		let cursor = index === first ? from!.cursor : '0';
		do {
			const [next, names] = await attempt(server.scan(cursor, 'MATCH', match, 'COUNT', SCAN_COUNT));
			if (names.length > 0) yield { names, server: runId, cursor };
			cursor = next;
		} while (cursor !== '0');
		if ((await attempt(runIdOf(server))) !== runId) {
			throw new StoreUnavailable('Redis was started anew while its keys were walked');
		}
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
	place: Place;
}

/**
 * Front, packed bytes and remaining lifetime of each entry of a namespace that may still be served.
 * @param judgedBy what had been invalidated by age and prefix, to be judged by instead of what is now (READ)
 */
export async function* walkFronts(
	client: RedisClient,
	keys: NamespaceKeys,
	{ from, judgedBy = [] }: { from?: Place; judgedBy?: readonly string[] } = {},
): AsyncGenerator<WalkedEntry> {
	client.defineCommand('pcRead', { lua: READ });
	const prefix = keys.entry('');
	for await (const { names, server, cursor } of scan(client, prefix, from)) {
		const place = { server, cursor };
		const [now, ...values] = await attempt(
			client.pcReadBuffer(names.length + 2, keys.invalidations, keys.epoch, ...names, ...judgedBy),
		);
		for (const [index, value] of values.entries()) {
			const front = value && frontOf(value[0]);
			if (!front) continue;
			const key = (names[index] ?? '').slice(prefix.length);
			const [bytes, leftMs] = value;
			const sizeBytes = bytes.length;
			yield { key, front, leftMs: Number(leftMs), sizeBytes, nowMs: Number(now), place };
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

/** Counts entries that met a condition before; those known where the walk breaks off, or has taken too long. */
export async function countMatching(
	client: RedisClient,
	keys: NamespaceKeys,
	judgedBy: readonly string[],
	{ matches, isOver }: { matches(entry: WalkedEntry): boolean; isOver(): boolean },
): Promise<number> {
	let count = 0;
	try {
		for await (const entry of walkFronts(client, keys, { judgedBy })) {
			if (matches(entry)) count += 1;
			if (isOver()) break;
		}
	} catch (error) {
		if (!(error instanceof StoreUnavailable)) throw error;
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
	from?: string,
): AsyncGenerator<ExportedEntry> {
	const begin = from === undefined ? undefined : readPosition(from);
	const names =
		namespace === undefined ? await attempt(namespaceNames(client, prefix)) : [namespace];
	for (const name of names) {
		if (begin && name < begin.namespace) continue;
		const from = name === begin?.namespace ? begin : undefined;
		for await (const entry of walkFronts(client, namespaceKeys(prefix, name), { from })) {
			const { storedAtMs, tags, keyVersion, packed } = entry.front;
			const ageMs = Math.max(0, entry.nowMs - storedAtMs);
			yield {
				namespace: name,
				key: entry.key,
				ageMs,
				keepMs: ageMs + entry.leftMs,
				tags,
				keyVersion,
				packed: Buffer.from(packed),
				position: toPosition({ namespace: name, ...entry.place }),
			};
		}
	}
}

type Position = Place & { namespace: string };

const toPosition = ({ namespace, server, cursor }: Position): string =>
	Buffer.from(JSON.stringify([namespace, server, cursor])).toString('base64url');

function readPosition(text: string): Position {
	try {
		const read: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
		const [namespace, server, cursor] = Array.isArray(read) ? (read as unknown[]) : [];
		if (typeof namespace === 'string' && typeof server === 'string' && /^\d+$/.test(String(cursor)))
			return { namespace, server, cursor: String(cursor) };
	} catch {
		// Not JSON: no position either.
	}
	throw notAPosition(text);
}
