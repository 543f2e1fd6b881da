/** Wall-clock time, waiting and randomness, passed in so that no decision reads them by itself. */
export interface Clock {
	/** Milliseconds since 1970. */
	nowMs(): number;
	/** 0 (inclusive) to 1. */
	random(): number;
	sleep(ms: number): Promise<void>;
}
