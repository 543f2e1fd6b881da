import { LRUCache } from 'lru-cache';
import type { Relay } from './handOver';

/** Executions whose end was not told yet; n8n may forget to, so the oldest are forgotten. */
const MOST_RUNS = 20_000;
/** Hits whose execution is not over: beyond it hits are not recorded until n8n has caught up. */
const MOST_RECORDING = 1_000;
const RECORDING_MS = 10 * 60_000;

/** The executions that this thread had n8n start. */
export interface Runs {
	/**
	 * Numbers an execution that is to be started.
	 * @param relay who is told how it goes; left out for a hit that is only recorded
	 * @returns undefined where it is not to be started: hits come faster than n8n can record them
	 */
	add(relay: Relay | undefined): number | undefined;
	/** Who is told of an execution that is not over. */
	of(run: number): Relay | undefined;
	end(run: number): void;
}

export function createRuns(): Runs {
	const relays = new LRUCache<number, Relay>({ max: MOST_RUNS });
	const recording = new LRUCache<number, true>({ max: MOST_RECORDING, ttl: RECORDING_MS });
	let last = 0;
	return {
		add(relay) {
			if (relay) {
				relays.set(++last, relay);
				return last;
			}
			if (recording.size >= MOST_RECORDING && !recording.purgeStale()) return undefined;
			recording.set(++last, true);
			return last;
		},
		of: (run) => relays.get(run),
		end(run) {
			relays.delete(run);
			recording.delete(run);
		},
	};
}
