/** How often it is looked what is due; a deadline is kept to within this. */
const TICK_MS = 20;
/** A tick that comes this much late tells that the process itself was busy. */
const BUSY_MS = 20;
/** Ticks without anything to wait for, after which the timer ends. */
const MOST_IDLE_TICKS = 250;

interface Deadline {
	dueMs: number;
	late(): void;
	/** Its place among those waited for; -1 when it is over. */
	at: number;
}

/**
 * A list and not a Set: as a Set grows and shrinks V8 leaves its old tables behind, each leading to the next, and
 * once one of them is old all that was ever waited for lives until the whole heap is collected.
 */
const waiting: Deadline[] = [];
let timer: NodeJS.Timeout | undefined;
let tickedMs = 0;
let idleTicks = 0;

/**
 * Calls `late` after `ms`, unless what is returned is called before. One timer serves all: a timer for each of
 * thousands of requests a second costs more than the work it bounds. Time in which this process was too busy to
 * read an answer does not count. It reads the monotonic clock itself, as timers do: there is nothing to decide by it.
 */
export function deadline(ms: number, late: () => void): () => void {
	const one = { dueMs: performance.now() + ms, late, at: waiting.length };
	waiting.push(one);
	if (timer === undefined) {
		tickedMs = performance.now();
		timer = setInterval(tick, TICK_MS);
	} else if (waiting.length === 1) {
		timer.ref();
	}
	return () => {
		remove(one);
		if (waiting.length === 0) timer?.unref();
	};
}

/** The last one takes its place: their order is of no matter. */
function remove(one: Deadline): void {
	if (one.at < 0) return;
	const last = waiting.pop()!;
	if (last !== one) {
		waiting[one.at] = last;
		last.at = one.at;
	}
	one.at = -1;
}

function tick(): void {
	const nowMs = performance.now();
	const lateMs = nowMs - tickedMs - TICK_MS;
	tickedMs = nowMs;
	idleTicks = waiting.length === 0 ? idleTicks + 1 : 0;
	if (idleTicks > MOST_IDLE_TICKS) {
		clearInterval(timer);
		timer = undefined;
		idleTicks = 0;
	}
	if (lateMs > BUSY_MS) for (const one of waiting) one.dueMs += lateMs;
	for (const one of waiting.filter(({ dueMs }) => dueMs <= nowMs)) {
		if (one.at < 0) continue;
		remove(one);
		one.late();
	}
	if (waiting.length === 0) timer?.unref();
}
