import { StoreUnavailable } from '../core/errors';
import type { CacheStore } from '../ports/CacheStore';
import type { GuardedStore } from '../ports/GuardedStore';
import { deadline } from './deadline';

const FAILURES_TO_OPEN = 3;
const HALF_OPEN_AFTER_MS = 2_000;
const LONGEST_TRIAL_MS = 60_000;

/**
 * Bounds every call to a store in time, and after some failures in a row stops calling it for a while: until then a
 * call fails at once, and the workflow goes on without a cache. Then one call is let through as a trial.
 * In a row, and not by their share: after a busy minute of successes a share would take seconds to show a dead backend.
 * Calls that were under way when a failure was counted have no say of their own: one stall fails all of them, however
 * many they are, and is one failure. So a dead backend is known after three rounds of calls.
 */
export function guardStore(store: CacheStore): GuardedStore & { close(): void } {
	let state: 'closed' | 'open' | 'halfOpen' = 'closed';
	let failuresInRow = 0;
	/** Counted ever; tells whether one was since a call began. */
	let failures = 0;
	let timer: NodeJS.Timeout | undefined;

	function failed(onTrial: boolean, failuresBefore: number): void {
		if (failures > failuresBefore && !onTrial) return;
		failures += 1;
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
			// What may take minutes tells too late: until the trial is through, everybody else is refused.
			const onTrial = state === 'halfOpen' && timeoutMs <= LONGEST_TRIAL_MS;
			if (onTrial) state = 'open';
			const failuresBefore = failures;
			try {
				const result = await bounded(work(store), timeoutMs);
				answered();
				return result;
			} catch (error) {
				if (error instanceof StoreUnavailable) failed(onTrial, failuresBefore);
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

/** Not by Promise.race: a store that is asked thousands of times a second would leave its garbage each time. */
function bounded<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
	return new Promise((resolve, reject) => {
		const answered = deadline(timeoutMs, () =>
			reject(new StoreUnavailable(`no answer within ${Math.round(timeoutMs)} ms`)),
		);
		work.then(
			(result) => {
				answered();
				resolve(result);
			},
			(error: unknown) => {
				answered();
				reject(error as Error);
			},
		);
	});
}
