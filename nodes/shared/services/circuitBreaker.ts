import CircuitBreaker from 'opossum';
import { StoreUnavailable } from '../core/errors';
import type { CacheStore } from '../ports/CacheStore';
import type { GuardedStore } from '../ports/GuardedStore';

const FAILURES_TO_OPEN = 3;
const HALF_OPEN_AFTER_MS = 2_000;

/**
 * Bounds every call to a store in time, and after some failures in a row stops calling it for a while:
 * until then a call fails at once, and the workflow goes on without a cache.
 * In a row, and not by their share: after a busy minute of successes a share would take seconds to show a dead backend.
 */
export function guardStore(store: CacheStore): GuardedStore & { close(): void } {
	const breaker = new CircuitBreaker((work: () => Promise<unknown>) => work(), {
		timeout: false,
		// Never by itself, but for the trial call after a pause.
		volumeThreshold: Number.MAX_SAFE_INTEGER,
		resetTimeout: HALF_OPEN_AFTER_MS,
		errorFilter: (error) => !(error instanceof StoreUnavailable),
	});
	let failuresInRow = 0;
	breaker.on('success', () => (failuresInRow = 0));
	breaker.on('failure', () => {
		failuresInRow += 1;
		if (failuresInRow >= FAILURES_TO_OPEN) breaker.open();
	});

	return {
		backend: store.backend,
		async run<T>(work: (store: CacheStore) => Promise<T>, timeoutMs: number): Promise<T> {
			try {
				return (await breaker.fire(() => bounded(work(store), timeoutMs))) as T;
			} catch (error) {
				if ((error as { code?: string }).code !== 'EOPENBREAKER') throw error;
				throw new StoreUnavailable('the backend failed just now and is not asked for a moment');
			}
		},
		close: () => breaker.shutdown(),
	};
}

async function bounded<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<never>((_resolve, reject) => {
		// One more turn of the event loop: where the process itself was busy, the answer is there already, but unread.
		const giveUp = () =>
			reject(new StoreUnavailable(`no answer within ${Math.round(timeoutMs)} ms`));
		timer = setTimeout(() => setImmediate(giveUp), timeoutMs);
	});
	try {
		return await Promise.race([work, late]);
	} finally {
		clearTimeout(timer);
	}
}
