import { StoreUnavailable } from '../core/errors';
import type { CacheStore } from '../ports/CacheStore';
import type { GuardedStore } from '../ports/GuardedStore';

const FAILURES_TO_OPEN = 3;
const HALF_OPEN_AFTER_MS = 2_000;

/**
 * Bounds every call to a store in time, and after some failures in a row stops calling it for a while: until then a
 * call fails at once, and the workflow goes on without a cache. Then one call is let through as a trial.
 * In a row, and not by their share: after a busy minute of successes a share would take seconds to show a dead backend.
 */
export function guardStore(store: CacheStore): GuardedStore & { close(): void } {
	let state: 'closed' | 'open' | 'halfOpen' = 'closed';
	let failuresInRow = 0;
	let timer: NodeJS.Timeout | undefined;

	function failed(onTrial: boolean): void {
		failuresInRow += 1;
		if (!onTrial && (state !== 'closed' || failuresInRow < FAILURES_TO_OPEN)) return;
		state = 'open';
		timer = setTimeout(() => (state = 'halfOpen'), HALF_OPEN_AFTER_MS).unref();
	}

	function answered(): void {
		failuresInRow = 0;
		if (state === 'closed') return;
		state = 'closed';
		clearTimeout(timer);
	}

	return {
		backend: store.backend,
		async run<T>(work: (store: CacheStore) => Promise<T>, timeoutMs: number): Promise<T> {
			if (state === 'open') {
				throw new StoreUnavailable('the backend failed just now and is not asked for a moment');
			}
			const onTrial = state === 'halfOpen';
			// Until the trial is through, whoever comes is refused.
			if (onTrial) state = 'open';
			try {
				const result = await bounded(work(store), timeoutMs);
				answered();
				return result;
			} catch (error) {
				if (error instanceof StoreUnavailable) failed(onTrial);
				else answered();
				throw error;
			}
		},
		count(namespace, counts) {
			if (state === 'closed') void store.count(namespace, counts).catch(() => undefined);
		},
		close: () => clearTimeout(timer),
	};
}

/** A timer that comes this much late tells that the process itself was busy, and read no answer meanwhile. */
const BUSY_MS = 20;

/** Gives the backend `timeoutMs`, and once more as much where the process was too busy to read its answer. */
async function bounded<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<never>((_resolve, reject) => {
		const since = performance.now();
		const giveUp = () =>
			reject(new StoreUnavailable(`no answer within ${Math.round(timeoutMs)} ms`));
		timer = setTimeout(() => {
			const wasBusy = performance.now() - since > timeoutMs + BUSY_MS;
			if (wasBusy) timer = setTimeout(giveUp, timeoutMs);
			else setImmediate(giveUp);
		}, timeoutMs);
	});
	try {
		return await Promise.race([work, late]);
	} finally {
		clearTimeout(timer);
	}
}
