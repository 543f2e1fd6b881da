import type { Components } from '../core/explain/components';

/** One key to look up. */
export interface LookupQuery {
	namespace: string;
	/** 64 hex characters. */
	key: string;
	/** 16 hex characters over the user's text, under which the nearest earlier request is remembered, to explain a miss. */
	userHash: string;
	/** Where given, a miss tries to become the leader that computes the answer. */
	lease?: { token: string; ttlMs: number };
}

/**
 * `acquired`: this caller computes; `inherited`: it does, after one who by the backend's clock gave no more sign of life,
 * and neither stored nor gave up (within a day; told once); `held`: another does, or just has; `released`: another just failed to;
 * `none`: no lease was asked for, or the backend could not write one.
 */
export type LeaseState = 'acquired' | 'inherited' | 'held' | 'released' | 'none';

export type LookupRow =
	| { found: true; storedAtMs: number; packed: Uint8Array }
	| {
			found: false;
			/** `invalidated`: an entry is there, but its key, tag, model or namespace was invalidated since. */
			why: 'absent' | 'invalidated';
			lease: LeaseState;
			/** Components of the nearest earlier request with the same user text. */
			earlier?: Components;
	  };

export interface LookupReply {
	/** The backend's own clock, which decides freshness. */
	nowMs: number;
	/** Invalidation count of each namespace asked, to be handed to `store`. */
	epochs: Map<string, number>;
	/** In the order of the queries. */
	rows: LookupRow[];
}

export interface StoreCommand {
	namespace: string;
	key: string;
	packed: Buffer;
	/** Names under which the entry can be invalidated; the key and the namespace always work. */
	tags: string[];
	keyVersion: string;
	/**
	 * The namespace's invalidation count when the lookup missed: what was invalidated since stays invalid, and where that
	 * was this key (within an hour), the answer is refused. A count above the backend's own is taken for its own.
	 */
	epoch?: number;
	/** How long the backend keeps the entry: lifetime plus grace period. */
	keepMs: number;
	/** How old the answer was already when it came from elsewhere: it counts as stored that long before the backend's now. */
	ageMs?: number;
	/** Empty where the request is not known: then nothing is remembered. */
	userHash: string;
	components: Components;
	/** Lease to release, if this caller leads. */
	leaseToken?: string;
}

export type StoreReply = { stored: true; storedAtMs: number } | { stored: false; reason: string };

export type InvalidationTarget =
	| { by: 'key'; key: string }
	| { by: 'tag'; tag: string }
	| { by: 'namespace' }
	| { by: 'age'; olderThanMs: number }
	| { by: 'keyVersionPrefix'; prefix: string };

export interface LeaseRef {
	namespace: string;
	key: string;
	token: string;
}

/** A lease for an entry that was found, but may not be served as it is. */
export interface RenewalRef extends LeaseRef {
	/** As the lookup found it. */
	storedAtMs: number;
}

export interface NamespaceStats {
	namespace: string;
	entries: number;
	bytes: number;
	hits: number;
	misses: number;
	stale: number;
	stores: number;
	evictions: number;
	corrupt: number;
	oldestStoredAtMs: number | null;
}

export type StatName = 'hits' | 'misses' | 'stale' | 'stores' | 'evictions' | 'corrupt';

/** An entry as it travels between backends; the remaining lifetime is kept, not the deadline. */
export interface ExportedEntry {
	namespace: string;
	key: string;
	/** By the backend's own clock, when it was read: no other clock need agree with it. */
	ageMs: number;
	keepMs: number;
	tags: string[];
	keyVersion: string;
	packed: Buffer;
	/** Where a later walk may begin; several entries may have the same. */
	position: string;
}

/**
 * A shared store of packed entries. Every method may throw StoreUnavailable.
 * The same contract suite runs over every implementation.
 */
export interface CacheStore {
	readonly backend: 'embedded' | 'redis';

	/**
	 * Looks up all queries together and takes leases for misses. Hits are one round trip (per node of a cluster);
	 * misses may need a second.
	 */
	lookup(queries: LookupQuery[]): Promise<LookupReply>;

	/** Stores all entries in one round trip; each write is atomic with its lifetime and releases its lease. */
	store(commands: StoreCommand[]): Promise<StoreReply[]>;

	/**
	 * Takes leases that nobody holds; one answer for each, in order. An entry stored anew since it was found
	 * counts as held: its leader answered in between, and the next look finds it.
	 */
	acquireLeases(leases: RenewalRef[], ttlMs: number): Promise<LeaseState[]>;

	/** Keeps leases that are still held by their tokens. */
	extendLeases(leases: LeaseRef[], ttlMs: number): Promise<void>;

	/**
	 * Gives up a lease without an answer: for `markMs` those who wait go on by themselves at once. With
	 * 0 there is no mark, and the next of them takes the lease over.
	 */
	releaseLeases(leases: LeaseRef[], markMs: number): Promise<void>;

	/** Makes entries unservable, and those whose answer is being computed; `invalidated` counts entries that may since have expired by themselves. */
	invalidate(namespace: string, target: InvalidationTarget): Promise<{ invalidated: number }>;

	/** Adds to the counters that `inspect` shows; gathered in memory, and written now and then. */
	count(namespace: string, counts: Partial<Record<StatName, number>>): Promise<void>;

	inspect(): Promise<NamespaceStats[]>;

	/**
	 * Walks the entries that may still be served, optionally of one namespace.
	 * @param from the position of an entry of an earlier walk: it and what follows it come again
	 * @throws ConfigError where `from` is no position
	 */
	entries(namespace?: string, from?: string): AsyncIterable<ExportedEntry>;
}
