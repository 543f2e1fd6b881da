import type { Trace } from '../core/trace/trace';

/** What became of spans since the sink was opened. */
export interface SpanFigures {
	/** Taken by the collector. */
	sent: number;
	/** Refused by the collector, or it did not answer in time. */
	failed: number;
	/** Given up unsent: more came than the collector takes. */
	dropped: number;
	/** Why the last ones were not taken; undefined where they were. */
	problem?: string;
}

/**
 * Where spans go. A sink costs its user nothing: `send` returns at once, keeps a bounded number of spans and never
 * throws; what a collector does not take is given up and counted.
 */
export interface SpanSink {
	send(trace: Trace): void;
	/** Waits until what was sent so far has been taken or given up. Never rejects. */
	flush(): Promise<void>;
	/** Flushes, then lets go of everything; later spans are given up. */
	close(): Promise<void>;
	figures(): SpanFigures;
}
