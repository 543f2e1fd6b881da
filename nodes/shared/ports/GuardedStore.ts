import type { CacheStore, StatName } from './CacheStore';

/** A cache store behind a time bound and a circuit breaker. */
export interface GuardedStore {
	readonly backend: CacheStore['backend'];

	/**
	 * Runs work on the store.
	 * @throws StoreUnavailable where it fails, takes longer than `timeoutMs`, or failed so often that it is not tried now
	 */
	run<T>(work: (store: CacheStore) => Promise<T>, timeoutMs: number): Promise<T>;

	/** Adds to the counters. They are a by-product: nobody waits for them, and their loss is no failure. */
	count(namespace: string, counts: Partial<Record<StatName, number>>): void;
}
