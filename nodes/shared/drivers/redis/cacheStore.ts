import type { Result } from 'ioredis';
import { INVALIDATED_MEANWHILE } from '../../core/freshness/invalidation';
import type {
	CacheStore,
	LeaseRef,
	LeaseState,
	RenewalRef,
	StoreCommand,
	StoreReply,
} from '../../ports/CacheStore';
import type { Clock } from '../../ports/Clock';
import { attempt, refusedWrite } from './attempt';
import { createCounters } from './counters';
import type { RedisClient } from './connect';
import { chunked } from './chunks';
import { inspectNamespaces } from './inspect';
import { createInvalidate } from './invalidate';
import { namespaceKeys, namespaceRegistry, type NamespaceKeys } from './keys';
import { createLookup } from './lookup';
import { ACQUIRE, EXTEND, RELEASE, STORE } from './scripts';
import { walkEntries } from './walk';

declare module 'ioredis' {
	interface RedisCommander<Context> {
		pcStore(keyCount: number, ...args: Array<string | Buffer>): Result<number, Context>;
		pcAcquire(keyCount: number, ...args: Array<string | number>): Result<LeaseState[], Context>;
		pcExtend(keyCount: number, ...args: Array<string | number>): Result<number, Context>;
		pcRelease(keyCount: number, ...args: Array<string | number>): Result<number, Context>;
	}
}

const REMEMBER_REQUEST_MS = 7 * 86_400_000;

/**
 * The cache on Redis 7+ or Valkey 8, alone, under Sentinel, or as a cluster (layout: keys.ts).
 * Each entry is written with its lifetime in one command, by a script that also releases its lease;
 * the server's clock decides. Commands of one batch leave together.
 */
export function redisCacheStore(client: RedisClient, prefix: string, clock: Clock): CacheStore {
	client.defineCommand('pcStore', { lua: STORE });
	client.defineCommand('pcAcquire', { lua: ACQUIRE });
	client.defineCommand('pcExtend', { lua: EXTEND });
	client.defineCommand('pcRelease', { lua: RELEASE });

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

	const lookup = createLookup(client, clock, keysOf);
	const counters = createCounters(client, keysOf);
	const invalidate = createInvalidate(client, clock);

	async function storeOne(command: StoreCommand): Promise<StoreReply> {
		const keys = keysOf(command.namespace);
		const { key, packed, keepMs, epoch, keyVersion, tags, components } = command;
		const { leaseToken = '', ageMs = 0 } = command;
		const known = command.userHash !== '';
		const written = client.pcStore(
			7,
			keys.invalidations,
			keys.entry(key),
			keys.lease(key),
			keys.near(command.userHash),
			keys.tagCounts,
			keys.epoch,
			keys.grave(key),
			packed,
			String(Math.round(keepMs)),
			epoch === undefined ? '' : String(epoch),
			keyVersion,
			tags.join('\n'),
			known ? JSON.stringify(components) : '',
			String(REMEMBER_REQUEST_MS),
			leaseToken,
			String(Math.round(ageMs)),
		);
		try {
			const storedAtMs = Number(await written);
			if (storedAtMs < 0) return { stored: false, reason: INVALIDATED_MEANWHILE };
			return { stored: true, storedAtMs };
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
		run: (keys: string[], tokens: string[]) => Promise<unknown>,
	): Promise<void> => {
		const calls = chunked(refs).map((chunk) => {
			const keys = chunk.map(({ item }) => keysOf(item.namespace).lease(item.key));
			const tokens = chunk.map(({ item }) => item.token);
			return run(keys, tokens);
		});
		await ask(Promise.all(calls));
	};

	async function acquire(refs: RenewalRef[], ttlMs: number): Promise<LeaseState[]> {
		const all: LeaseState[] = new Array(refs.length);
		const calls = chunked(refs).map(async (chunk) => {
			const keys = chunk.flatMap(({ item: { namespace, key } }) => {
				const { lease, entry } = keysOf(namespace);
				return [lease(key), entry(key)];
			});
			const seen = chunk.flatMap(({ item }) => [item.token, item.storedAtMs]);
			const states = await client.pcAcquire(keys.length, ...keys, ttlMs, ...seen);
			chunk.forEach(({ index }, at) => (all[index] = states[at]!));
		});
		await ask(Promise.all(calls));
		return all;
	}

	return {
		backend: 'redis',

		lookup: (queries) => ask(lookup(queries)),

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
			invalidated: await ask(invalidate(keysOf(namespace), target)),
		}),
		count: async (namespace, counts) => counters.add(namespace, counts),
		inspect: () => ask(inspectNamespaces(client, prefix, counters.gathered)),
		entries: (namespace, from) => walkEntries(client, prefix, namespace, from),
	};
}
