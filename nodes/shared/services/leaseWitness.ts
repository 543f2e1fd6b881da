import type { Clock } from '../ports/Clock';

/** A live holder's lease has at least this much of its time left, so that a smaller jump ends none. */
const JUMP_MS = 3_000;

/**
 * Tells whether a lease that lapsed speaks of a dead holder. It does not for a while after the backend's clock jumped
 * forward or this process could not reach it: who lives had no time to prolong, or could not either.
 */
export interface LeaseWitness {
	/** The backend answered, and its clock showed this. */
	heard(backendNowMs: number): void;
	/** The backend did not answer. */
	heardNothing(): void;
	canTell(): boolean;
}

/** @param doubtMs how long a holder may take to prolong its lease again */
export function createLeaseWitness(clock: Clock, doubtMs: number): LeaseWitness {
	let last: { backendMs: number; elapsedMs: number } | undefined;
	let doubtUntilMs = -Infinity;
	const doubt = (): void => {
		doubtUntilMs = clock.elapsedMs() + doubtMs;
	};
	return {
		heard(backendMs) {
			const elapsedMs = clock.elapsedMs();
			if (last && backendMs - last.backendMs - (elapsedMs - last.elapsedMs) > JUMP_MS) doubt();
			last = { backendMs, elapsedMs };
		},
		heardNothing: doubt,
		canTell: () => clock.elapsedMs() >= doubtUntilMs,
	};
}
