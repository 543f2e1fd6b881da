import type { Result } from 'ioredis';
import { CorruptEntry } from '../../core/errors';
import type { Components } from '../../core/explain/components';
import { NAMESPACE_TAG } from '../../core/freshness/invalidation';
import type {
	CacheStore,
	InvalidationTarget,
	LeaseRef,
	LeaseState,
	LookupQuery,
	LookupReply,
	LookupRow,
	StoreCommand,
	StoreReply,
} from '../../ports/CacheStore';
import { attempt, refusedWrite } from './attempt';
import { createCounters } from './counters';
import { readEntryFront } from './entryFront';
import type { RedisClient } from './connect';
import { inspectNamespaces } from './inspect';
import { namespaceKeys, namespaceRegistry, type NamespaceKeys } from './keys';
import { ACQUIRE, EXTEND, INVALIDATE, LOOKUP, RELEASE, STORE } from './scripts';
import { countMatching, walkEntries } from './walk';

declare module 'ioredis' {
	interface RedisCommander<Context> {
		pcLookupBuffer(keyCount: number, ...args: string[]): Result<unknown[], Context>;
		pcStore(keyCount: number, ...args: Array<string | Buffer>): Result<number, Context>;
		pcAcquire(keyCount: number, ...args: Array<string | number>): Result<LeaseState[], Context>;
		pcExtend(keyCount: number, ...args: Array<string | number>): Result<number, Context>;
		pcRelease(keyCount: number, ...args: Array<string | number>): Result<number, Context>;
		pcInvalidate(keyCount: number, ...args: string[]): Result<number, Context>;
	}
}

/** Keys of one script call: a longer batch goes as several calls in the same round trip, so that Redis serves others in between. */
const KEYS_PER_CALL = 256;
const REMEMBER_REQUEST_MS = 7 * 86_400_000;

/**
 * The cache on Redis 7+ or Valkey 8, alone, under Sentinel, or as a cluster (layout: keys.ts).
 * Each entry is written with its lifetime in one command, by a script that also releases its lease;
 * the server's clock decides. Commands of one batch leave together.
 */
export function redisCacheStore(client: RedisClient, prefix: string): CacheStore {
	client.defineCommand('pcLookup', { lua: LOOKUP });
	client.defineCommand('pcStore', { lua: STORE });
	client.defineCommand('pcAcquire', { lua: ACQUIRE });
	client.defineCommand('pcExtend', { lua: EXTEND });
	client.defineCommand('pcRelease', { lua: RELEASE });
	client.defineCommand('pcInvalidate', { lua: INVALIDATE });

	/** A connection on which a command timed out may lead to a host that died without a word: the next one asks anew. */
	const ask = <T>(work: Promise<T>): Promise<T> =>
		attempt(work, () => {
			if (client.status === 'ready') client.disconnect(true);
		});
	const known = new Map<string, NamespaceKeys>();
	const keysOf = (namespace: string): NamespaceKeys => {
		let keys = known.get(namespace);
		if (!keys) {
			if (known.size > 1_000) known.clear();
			keys = namespaceKeys(prefix, namespace);
			known.set(namespace, keys);
		}
		return keys;
	};

	const counters = createCounters(client, keysOf);

	async function lookupChunk(chunk: Indexed<LookupQuery>[], reply: LookupReply): Promise<void> {
		const { namespace } = chunk[0]!.item;
		const keys = keysOf(namespace);
		const names: string[] = [keys.invalidations];
		const values: string[] = [];
		for (const { item } of chunk) {
			names.push(keys.entry(item.key), keys.lease(item.key), keys.near(item.userHash));
			values.push(item.lease?.token ?? '', String(item.lease?.ttlMs ?? 0));
		}
		const [nowMs, epoch, ...rows] = await client.pcLookupBuffer(names.length, ...names, ...values);
		reply.nowMs = Number(nowMs);
		reply.epochs.set(namespace, Number(epoch));
		chunk.forEach(({ index }, at) => {
			reply.rows[index] = toRow(rows[at]);
		});
	}

	async function storeOne(command: StoreCommand): Promise<StoreReply> {
		const keys = keysOf(command.namespace);
		const { key, packed, keepMs, epoch, keyVersion, tags, components, leaseToken = '' } = command;
		const known = command.userHash !== '';
		const written = client.pcStore(
			5,
			keys.invalidations,
			keys.entry(key),
			keys.lease(key),
			keys.near(command.userHash),
			keys.tagCounts,
			packed,
			String(Math.round(keepMs)),
			epoch === undefined ? '' : String(epoch),
			keyVersion,
			tags.join('\n'),
			known ? JSON.stringify(components) : '',
			String(REMEMBER_REQUEST_MS),
			leaseToken,
		);
		try {
			return { stored: true, storedAtMs: Number(await written) };
		} catch (error) {
			const reason = refusedWrite(error);
			if (reason === undefined) throw error;
			return { stored: false, reason };
		}
	}

	/** With every batch, and not once a process: the server may have been replaced by an empty one. */
	async function register(namespaces: Set<string>): Promise<void> {
		const fields = [...namespaces].flatMap((name) => [keysOf(name).id, name]);
		try {
			await client.hset(namespaceRegistry(prefix), ...fields);
		} catch (error) {
			if (refusedWrite(error) === undefined) throw error;
		}
	}

	/** Runs a script over the leases of each namespace. */
	const overLeases = async (
		refs: LeaseRef[],
		run: (keys: string[], tokens: string[], chunk: Indexed<LeaseRef>[]) => Promise<unknown>,
	): Promise<void> => {
		const calls = chunked(refs, KEYS_PER_CALL).map((chunk) => {
			const keys = chunk.map(({ item }) => keysOf(item.namespace).lease(item.key));
			const tokens = chunk.map(({ item }) => item.token);
			return run(keys, tokens, chunk);
		});
		await ask(Promise.all(calls));
	};

	async function acquire(refs: LeaseRef[], ttlMs: number): Promise<LeaseState[]> {
		const all: LeaseState[] = new Array(refs.length);
		await overLeases(refs, async (keys, tokens, chunk) => {
			const states = await client.pcAcquire(keys.length, ...keys, ttlMs, ...tokens);
			chunk.forEach(({ index }, at) => (all[index] = states[at]!));
		});
		return all;
	}

	async function invalidate(namespace: string, target: InvalidationTarget): Promise<number> {
		const keys = keysOf(namespace);
		const bump = (...args: string[]) =>
			client.pcInvalidate(2, keys.invalidations, keys.tagCounts, ...args);
		switch (target.by) {
			case 'key':
				return await client.del(keys.entry(target.key));
			case 'tag':
				return await bump('tag', target.tag);
			case 'namespace':
				return await bump('tag', NAMESPACE_TAG);
			case 'age': {
				const matching = await countMatching(
					client,
					keys,
					({ front, nowMs }) => front.storedAtMs < nowMs - target.olderThanMs,
				);
				await bump('age', String(target.olderThanMs));
				return matching;
			}
			case 'keyVersionPrefix': {
				const matching = await countMatching(client, keys, ({ front }) =>
					front.keyVersion.startsWith(target.prefix),
				);
				await bump('prefix', target.prefix);
				return matching;
			}
		}
	}

	return {
		backend: 'redis',

		async lookup(queries) {
			const reply: LookupReply = { nowMs: 0, epochs: new Map(), rows: new Array(queries.length) };
			const chunks = chunked(queries, KEYS_PER_CALL);
			await ask(Promise.all(chunks.map((chunk) => lookupChunk(chunk, reply))));
			return reply;
		},

		async store(commands) {
			const spaces = new Set(commands.map(({ namespace }) => namespace));
			const [replies] = await ask(
				Promise.all([Promise.all(commands.map(storeOne)), register(spaces)]),
			);
			return replies;
		},

		acquireLeases: (refs, ttlMs) => acquire(refs, ttlMs),
		extendLeases: (refs, ttlMs) =>
			overLeases(refs, (keys, tokens) => client.pcExtend(keys.length, ...keys, ttlMs, ...tokens)),
		releaseLeases: (refs, markMs) =>
			overLeases(refs, (keys, tokens) => client.pcRelease(keys.length, ...keys, markMs, ...tokens)),
		invalidate: async (namespace, target) => ({
			invalidated: await ask(invalidate(namespace, target)),
		}),
		count: async (namespace, counts) => counters.add(namespace, counts),
		inspect: () => ask(inspectNamespaces(client, prefix, counters.gathered)),
		entries: (namespace) => walkEntries(client, prefix, namespace),
	};
}

interface Indexed<T> {
	item: T;
	index: number;
}

/** What belongs to one namespace, at most `size` a chunk, each with its place in the batch. */
function chunked<T extends { namespace: string }>(batch: T[], size: number): Indexed<T>[][] {
	const spaces = new Map<string, Indexed<T>[]>();
	batch.forEach((item, index) => {
		const space = spaces.get(item.namespace);
		if (space) space.push({ item, index });
		else spaces.set(item.namespace, [{ item, index }]);
	});
	return [...spaces.values()].flatMap((space) => {
		const chunks = [];
		for (let at = 0; at < space.length; at += size) chunks.push(space.slice(at, at + size));
		return chunks;
	});
}

function toRow(row: unknown): LookupRow {
	if (Buffer.isBuffer(row)) {
		try {
			const { storedAtMs, packed } = readEntryFront(row);
			return { found: true, storedAtMs, packed };
		} catch (error) {
			if (!(error instanceof CorruptEntry)) throw error;
			return { found: true, storedAtMs: 0, packed: Buffer.alloc(0) };
		}
	}
	const [why, lease, components] = row as [Buffer, Buffer, Buffer | null];
	return {
		found: false,
		why: why.toString() as 'absent' | 'invalidated',
		lease: lease.toString() as LeaseState,
		earlier: components ? (JSON.parse(components.toString('utf8')) as Components) : undefined,
	};
}
