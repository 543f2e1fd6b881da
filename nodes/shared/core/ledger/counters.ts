import type { LedgerCall } from './call';
import { latencyBucket, latencyBuckets } from './histogram';

/**
 * The plain counters of a row, in the order of their stored positions: new ones go to the end, rows
 * written before read them as 0. Money in nano-USD, time in ms.
 */
export const counterNames = [
	'calls',
	'hits',
	'unknownCosts',
	'costNanoUsd',
	'avoidedNanoUsd',
	'overheadNanoUsd',
	'providerSavedNanoUsd',
	'inputTokens',
	'cacheReadTokens',
	'cacheWriteTokens',
	'outputTokens',
	'callLatencyMs',
	'timedCalls',
	'savedLatencyMs',
	'lostCalls',
] as const;
export type CounterName = (typeof counterNames)[number];

export interface Counters extends Record<CounterName, number> {
	/** Number of calls, and of hits, in each latency bucket. */
	callLatency: number[];
	hitLatency: number[];
}

/** Stored positions of the histograms, far enough from the plain counters. */
const callLatencyAt = 100;
const hitLatencyAt = 200;

export function noCounters(): Counters {
	return {
		calls: 0,
		hits: 0,
		unknownCosts: 0,
		costNanoUsd: 0,
		avoidedNanoUsd: 0,
		overheadNanoUsd: 0,
		providerSavedNanoUsd: 0,
		inputTokens: 0,
		cacheReadTokens: 0,
		cacheWriteTokens: 0,
		outputTokens: 0,
		callLatencyMs: 0,
		timedCalls: 0,
		savedLatencyMs: 0,
		lostCalls: 0,
		callLatency: new Array<number>(latencyBuckets.length).fill(0),
		hitLatency: new Array<number>(latencyBuckets.length).fill(0),
	};
}

/** What one call adds to its rows. */
export function countersOf(call: LedgerCall): Counters {
	const counters = noCounters();
	if (call.kind === 'lost') {
		counters.lostCalls = call.times ?? 1;
		return counters;
	}
	const isHit = call.kind === 'hit';
	counters.calls = isHit ? 0 : 1;
	counters.hits = isHit ? 1 : 0;
	counters.unknownCosts = (isHit ? call.avoidedNanoUsd : call.costNanoUsd) === null ? 1 : 0;
	counters.costNanoUsd = call.costNanoUsd ?? 0;
	counters.avoidedNanoUsd = call.avoidedNanoUsd ?? 0;
	counters.overheadNanoUsd = call.overheadNanoUsd;
	counters.savedLatencyMs = Math.round(call.savedLatencyMs);
	if (!isHit) {
		// The usage of a hit was billed once, with the call that was stored: it stays out of the totals.
		counters.providerSavedNanoUsd = call.providerSavedNanoUsd;
		counters.inputTokens = call.inputTokens;
		counters.cacheReadTokens = call.cacheReadTokens;
		counters.cacheWriteTokens = call.cacheWriteTokens;
		counters.outputTokens = call.outputTokens;
	}
	if (call.latencyMs !== null) {
		const histogram = isHit ? counters.hitLatency : counters.callLatency;
		histogram[latencyBucket(call.latencyMs)] = 1;
		if (!isHit) {
			counters.callLatencyMs = Math.round(call.latencyMs);
			counters.timedCalls = 1;
		}
	}
	return call.times === undefined ? counters : multiplied(counters, call.times);
}

function multiplied(counters: Counters, times: number): Counters {
	for (const name of counterNames) counters[name] *= times;
	counters.callLatency = counters.callLatency.map((count) => count * times);
	counters.hitLatency = counters.hitLatency.map((count) => count * times);
	return counters;
}

/** Adds `more` to `sum`, in place. */
export function addCounters(sum: Counters, more: Counters): Counters {
	for (const name of counterNames) sum[name] += more[name];
	addBuckets(sum.callLatency, more.callLatency);
	addBuckets(sum.hitLatency, more.hitLatency);
	return sum;
}

function addBuckets(sum: number[], more: readonly number[]): void {
	for (let bucket = 0; bucket < more.length; bucket += 1) {
		const count = more[bucket];
		if (count) sum[bucket] = (sum[bucket] ?? 0) + count;
	}
}

/**
 * Counters as text: position and value of those that are not 0, e.g. `0 3 3 1250000`. Both backends
 * store this, and add to it position by position.
 */
export function packCounters(counters: Counters): string {
	const parts: string[] = [];
	const put = (position: number, value: number): void => {
		if (value !== 0) parts.push(`${position} ${value}`);
	};
	counterNames.forEach((name, position) => put(position, counters[name]));
	counters.callLatency.forEach((count, bucket) => put(callLatencyAt + bucket, count));
	counters.hitLatency.forEach((count, bucket) => put(hitLatencyAt + bucket, count));
	return parts.join(' ');
}

/** Reads packed counters; what is missing or unreadable is 0. */
export function unpackCounters(text: string): Counters {
	const counters = noCounters();
	const numbers = text.split(' ');
	for (let at = 0; at + 1 < numbers.length; at += 2) {
		const position = Number(numbers[at]);
		const value = Number(numbers[at + 1]);
		if (!Number.isFinite(value)) continue;
		const name = counterNames[position];
		if (name !== undefined) counters[name] = value;
		else if (position >= hitLatencyAt) counters.hitLatency[position - hitLatencyAt] = value;
		else if (position >= callLatencyAt) counters.callLatency[position - callLatencyAt] = value;
	}
	return counters;
}
