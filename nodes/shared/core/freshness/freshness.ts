import type { CacheControl } from './cacheControl';

/** When an entry was stored and how long it may be served; milliseconds. */
export interface EntryAge {
	storedAtMs: number;
	/** Freshness lifetime, jitter included. */
	ttlMs: number;
	/** How long after the lifetime it may still be served when the provider fails. */
	graceMs: number;
}

/** The age of an entry in its backend: what an earlier import left in it is added (as HTTP's `Age` does). */
export function entryAge(
	storedAtMs: number,
	meta: { ttlMs: number; graceMs: number; ageMs?: number },
): EntryAge {
	const { ttlMs, graceMs, ageMs = 0 } = meta;
	return { storedAtMs: storedAtMs - ageMs, ttlMs, graceMs };
}

export type Freshness =
	| { state: 'fresh'; ageMs: number }
	| { state: 'stale'; ageMs: number; reason: string }
	| { state: 'unusable'; ageMs: number; reason: string };

/** Clocks of hosts differ a little; more than this, and an entry's age cannot be known. */
const CLOCK_TOLERANCE_MS = 5_000;

/**
 * Decides whether an entry may be served now (RFC 9111 4.2, RFC 5861).
 * A stale entry is served under `stale-while-revalidate`, or to the operation `fallback` within its grace period.
 * Nothing slides: only the time since storing counts.
 */
export function freshness(
	entry: EntryAge,
	nowMs: number,
	control: CacheControl,
	operation: 'lookup' | 'fallback',
): Freshness {
	const ageMs = nowMs - entry.storedAtMs;
	if (ageMs < -CLOCK_TOLERANCE_MS) {
		return { state: 'unusable', ageMs, reason: 'the clock went back since this entry was stored' };
	}
	const overdueMs = ageMs - entry.ttlMs;
	if (operation === 'fallback') return forFallback(entry, ageMs, overdueMs, control);
	if (control.noCache) return { state: 'unusable', ageMs, reason: 'no-cache was asked for' };
	const { maxAgeSeconds, minFreshSeconds = 0, staleWhileRevalidateSeconds = 0 } = control;
	if (maxAgeSeconds !== undefined && ageMs > maxAgeSeconds * 1000) {
		return {
			state: 'unusable',
			ageMs,
			reason: `the entry is ${toSeconds(ageMs)} s old, max-age is ${maxAgeSeconds} s`,
		};
	}
	if (overdueMs < -minFreshSeconds * 1000) return { state: 'fresh', ageMs };
	if (overdueMs < 0) {
		return {
			state: 'unusable',
			ageMs,
			reason: `fresh for ${toSeconds(-overdueMs)} s only, min-fresh is ${minFreshSeconds} s`,
		};
	}
	const reason = `entry expired ${toSeconds(overdueMs)} s ago`;
	const servable =
		staleWhileRevalidateSeconds > 0 &&
		overdueMs <= staleWhileRevalidateSeconds * 1000 &&
		minFreshSeconds === 0;
	return { state: servable ? 'stale' : 'unusable', ageMs, reason };
}

function forFallback(
	entry: EntryAge,
	ageMs: number,
	overdueMs: number,
	control: CacheControl,
): Freshness {
	if (overdueMs < 0) return { state: 'fresh', ageMs };
	const { staleIfErrorSeconds } = control;
	const graceMs =
		staleIfErrorSeconds === undefined
			? entry.graceMs
			: Math.min(entry.graceMs, staleIfErrorSeconds * 1000);
	const expired = `entry expired ${toSeconds(overdueMs)} s ago`;
	return overdueMs <= graceMs
		? { state: 'stale', ageMs, reason: `${expired}, served because the provider failed` }
		: { state: 'unusable', ageMs, reason: `${expired}, past its grace period` };
}

function toSeconds(ms: number): number {
	return Math.round(ms / 1000);
}

/**
 * Shortens a lifetime by a random share, so that entries stored together do not expire together.
 * @param jitterPercent 0-100
 * @param random 0 (inclusive) to 1
 */
export function jitteredTtlMs(ttlMs: number, jitterPercent: number, random: number): number {
	return Math.max(1, Math.round(ttlMs * (1 - (jitterPercent / 100) * random)));
}
