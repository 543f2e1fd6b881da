/** How often it is looked what is due; a deadline is kept to within this. */
const TICK_MS = 20;
/** A tick that comes this much late tells that the process itself was busy. */
const BUSY_MS = 20;
/** Ticks without anything to wait for, after which the timer ends. */
const MOST_IDLE_TICKS = 250;

interface Deadline {
	dueMs: number;
	late(): void;
}

const waiting = new Set<Deadline>();
let timer: NodeJS.Timeout | undefined;
let tickedMs = 0;
let idleTicks = 0;

/**
 * Calls `late` after `ms`, unless what is returned is called before. One timer serves all: a timer for each of
 * thousands of requests a second costs more than the work it bounds. Time in which this process was too busy to
 * read an answer does not count. It reads the monotonic clock itself, as timers do: there is nothing to decide by it.
 */
export function deadline(ms: number, late: () => void): () => void {
	const one = { dueMs: performance.now() + ms, late };
	waiting.add(one);
	if (timer === undefined) {
		tickedMs = performance.now();
		timer = setInterval(tick, TICK_MS);
	} else if (waiting.size === 1) {
		timer.ref();
	}
	return () => {
		if (waiting.delete(one) && waiting.size === 0) timer?.unref();
	};
}

function tick(): void {
	const nowMs = performance.now();
	const lateMs = nowMs - tickedMs - TICK_MS;
	tickedMs = nowMs;
	idleTicks = waiting.size === 0 ? idleTicks + 1 : 0;
	if (idleTicks > MOST_IDLE_TICKS) {
		clearInterval(timer);
		timer = undefined;
		idleTicks = 0;
	}
	for (const one of waiting) {
		if (lateMs > BUSY_MS) one.dueMs += lateMs;
		if (one.dueMs > nowMs) continue;
		waiting.delete(one);
		one.late();
	}
	if (waiting.size === 0) timer?.unref();
}
