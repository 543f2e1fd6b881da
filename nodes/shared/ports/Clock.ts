/** Time, waiting and randomness, passed in so that no decision reads them by itself. */
export interface Clock {
	/** Wall-clock time, milliseconds since 1970; may jump either way. */
	nowMs(): number;
	/** Milliseconds since some fixed moment of this process; never jumps. For waits and time bounds. */
	elapsedMs(): number;
	/** 0 (inclusive) to 1. */
	random(): number;
	sleep(ms: number): Promise<void>;
}
