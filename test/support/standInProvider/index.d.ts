/** One model call as the stand-in saw it. `aborted`: the client went away before the end. */
export interface RecordedCall {
	route: string;
	body: Record<string, unknown>;
	aborted: boolean;
}

export interface Calls {
	total: number;
	byRoute: Record<string, number>;
	requests: RecordedCall[];
}

/** What the next `times` (default 1) calls whose route contains `route` meet. */
export interface Failure {
	/** Answer with this status; default 500 unless `hang` or `delayMs` is given. */
	status?: number;
	message?: string;
	times?: number;
	/** Wait so long first; without a status the call is answered well afterwards. */
	delayMs?: number;
	/** Break a stream off after so many events. */
	breakAfter?: number;
	/** Never answer. */
	hang?: boolean;
	route?: string;
}

export interface StandIn {
	port: number;
	url: string;
	calls(): Calls;
	resetCalls(): void;
	fail(failure?: Failure): void;
	heal(): void;
	stop(): Promise<void>;
}

export function startStandIn(options?: {
	port?: number;
	latencyMs?: number;
	chunkGapMs?: number;
}): Promise<StandIn>;
