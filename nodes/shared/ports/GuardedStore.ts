import type { CacheStore } from './CacheStore';

/** A cache store behind a time bound and a circuit breaker. */
export interface GuardedStore {
	readonly backend: CacheStore['backend'];

	/**
	 * Runs work on the store.
	 * @throws StoreUnavailable where it fails, takes longer than `timeoutMs`, or failed so often that it is not tried now
	 */
	run<T>(work: (store: CacheStore) => Promise<T>, timeoutMs: number): Promise<T>;
}
