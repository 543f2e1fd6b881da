import { StoreUnavailable } from '../core/errors';
import type { CacheStore, LeaseState, LookupReply, LookupRow } from '../ports/CacheStore';
import type { Clock } from '../ports/Clock';
import type { GuardedStore } from '../ports/GuardedStore';
import { Asked } from './asked';
import { countOutcomes } from './countOutcomes';
import { decideRow } from './decideRow';
import { LEASE_TTL_MS, type LeaseKeeper } from './leaseKeeper';
import {
	isHit,
	leads,
	type LookupOutcome,
	type LookupRequest,
	type LookupSettings,
} from './lookupOutcome';

export { isHit, leads };
export type { LookupOutcome, LookupRequest, LookupSettings };

export interface LookupDeps {
	store: GuardedStore;
	clock: Clock;
	leases: LeaseKeeper;
}

const FIRST_POLL_MS = 15;
const LONGEST_POLL_MS = 250;
/** How long a backend may fail those who wait before they wait no more: a moment's stall must not double every call. */
const LONGEST_FAILING_MS = 2_500;
/** What a batch may take longer, for each of its requests. */
export const EXTRA_TIMEOUT_MS = 0.5;

/** The parts of a batch, each read when it is called for. */
export type RequestParts = ReadonlyArray<() => LookupRequest[] | Promise<LookupRequest[]>>;

/** Looks up a batch at once, as lookUpParts does one that comes in parts. */
export function lookup(
	requests: LookupRequest[],
	settings: LookupSettings,
	deps: LookupDeps,
): Promise<LookupOutcome[]> {
	return lookUpParts([() => requests], settings, deps);
}

/**
 * Looks up a batch, whose next part is read while the backend works on those before it; equal requests of the batch
 * are asked once. Misses and expired entries take a lease; where another execution holds it, this waits for its answer
 * for at most `coalesceWaitMs`. A batch that leads something itself never waits, so that two batches cannot wait for each other.
 * @throws StoreUnavailable where the backend does not answer; the caller decides whether that is a miss
 */
export async function lookUpParts(
	parts: RequestParts,
	settings: LookupSettings,
	deps: LookupDeps,
): Promise<LookupOutcome[]> {
	const { clock } = deps;
	const deadlineMs = clock.elapsedMs() + settings.coalesceWaitMs;
	const byKey = new Map<string, Asked>();
	const places: Asked[] = [];
	const place = (request: LookupRequest): Asked[] => {
		const known = byKey.get(request.key);
		const one = known ?? toAsked(request, settings);
		places.push(one);
		byKey.set(request.key, one);
		return known ? [] : [one];
	};
	let held: Asked[];
	try {
		held = await askParts(parts, (part) => {
			const open = part.flatMap(place);
			return askOnce(open, settings, deps, byKey.size);
		});
	} catch (error) {
		giveUpLeases(places, deps);
		throw error;
	}
	const asked = [...byKey.values()];
	let failingSinceMs: number | undefined;
	for (
		let pollMs = FIRST_POLL_MS;
		held.length > 0;
		pollMs = Math.min(pollMs * 2, LONGEST_POLL_MS)
	) {
		const leftMs = deadlineMs - clock.elapsedMs();
		if (leftMs <= 0 || asked.some(({ outcome }) => leads(outcome))) break;
		await clock.sleep(Math.min(pollMs * (0.5 + clock.random()), leftMs));
		const waiting = held;
		try {
			held = await askOnce(waiting, settings, deps);
		} catch (error) {
			giveUpLeases(waiting, deps);
			if (!(error instanceof StoreUnavailable)) throw error;
			const nowMs = clock.elapsedMs();
			// What the first look found is still good; those who waited go on by themselves.
			if (nowMs - (failingSinceMs ??= nowMs) > LONGEST_FAILING_MS) break;
			for (const one of waiting) one.tryAgain();
			continue;
		}
		failingSinceMs = undefined;
		for (const { outcome } of waiting) {
			if (isHit(outcome)) outcome.reasons.unshift('waited for the same request in flight');
		}
	}
	for (const { outcome } of held) outcome.reasons.push('the same request is in flight elsewhere');
	// Whoever came while this one waited waits as long again for what it computes.
	keepLeases(asked, deps, deadlineMs + settings.coalesceWaitMs);
	const all =
		asked.length === places.length ? places.map(({ outcome }) => outcome) : spread(places);
	const counted = settings.looksAgain ? all.map((one) => (isHit(one) ? one : undefined)) : all;
	countOutcomes(places, counted, deps.store);
	return all;
}

function toAsked(request: LookupRequest, settings: LookupSettings): Asked {
	const { noStore, onlyIfCached } = request.control;
	const { operation, coalesce, looksAgain = false } = settings;
	const computes = operation === 'lookup' && !noStore && !onlyIfCached;
	return new Asked(request, coalesce && computes, looksAgain);
}

/** Asks for each part as it comes, and reads on before it is answered. */
async function askParts<T>(
	parts: RequestParts,
	ask: (part: LookupRequest[]) => Promise<T[]>,
): Promise<T[]> {
	const looks: Array<Promise<T[]>> = [];
	let failed = false;
	for (const part of parts) {
		const look = ask(await part());
		look.catch(() => (failed = true));
		looks.push(look);
		// The first by itself: a backend that is on trial takes no second one.
		if (looks.length === 1) await look;
		if (failed) break;
	}
	const found: T[] = [];
	for (const look of looks) found.push(...(await look));
	return found;
}

/**
 * One look at the backend: gives each its outcome, and returns those whose answer somebody else is computing.
 * @param asked how many are on their way, these included: each may take a little of the time
 */
async function askOnce(
	open: Asked[],
	settings: LookupSettings,
	deps: LookupDeps,
	asked = open.length,
): Promise<Asked[]> {
	if (open.length === 0) return [];
	const timeoutMs = settings.timeoutMs + asked * EXTRA_TIMEOUT_MS;
	const { rows, nowMs } = await deps.store.run(
		(live) => lookUpPart(open, live, settings),
		timeoutMs,
	);
	deps.leases.witness.heard(nowMs);
	if (open.every(({ outcome }) => outcome.status === 'hit')) return [];
	const states = await leaseStates(open, rows, timeoutMs, deps);
	return open.filter((one, index) => {
		const { outcome } = one;
		const row = rows[index]!;
		const state = states[index]!;
		const taken = state === 'acquired' || state === 'inherited';
		const isDead = state === 'inherited' && deps.leases.inherited(one);
		if (isHit(outcome)) {
			outcome.refresh = outcome.status === 'stale' && taken;
			return false;
		}
		outcome.leader = taken;
		if (isDead) outcome.reasons.push('who asked before ended without an answer');
		if (state === 'released') outcome.reasons.push('another caller just failed to answer it');
		// An entry that came while we waited and still may not be served: the next one would not do either.
		const unchanged = !row.found || row.storedAtMs === (one.firstStoredAtMs ??= row.storedAtMs);
		one.firstStoredAtMs ??= 0;
		return state === 'held' && unchanged && !one.request.control.noCache;
	});
}

/** Gives each its outcome. */
async function lookUpPart(
	part: Asked[],
	store: CacheStore,
	settings: LookupSettings,
): Promise<LookupReply> {
	const reply = await store.lookup(part);
	part.forEach((one, index) => {
		one.outcome = decideRow(one, reply.rows[index]!, reply, settings);
	});
	return reply;
}

/** The lookup itself takes leases for absent entries; one that is there but may not be served, or is stale, is asked for here. */
async function leaseStates(
	open: Asked[],
	rows: LookupRow[],
	timeoutMs: number,
	deps: LookupDeps,
): Promise<LeaseState[]> {
	const states = rows.map((row): LeaseState => (row.found ? 'none' : row.lease));
	const wanting = open.flatMap((one, index) => {
		const row = rows[index]!;
		if (!row.found || !one.renews) return [];
		const { namespace, key, token } = one;
		return [{ index, one, ref: { namespace, key, token, storedAtMs: row.storedAtMs } }];
	});
	if (wanting.length === 0) return states;
	const refs = wanting.map(({ ref }) => ref);
	try {
		const taken = await deps.store.run((live) => live.acquireLeases(refs, LEASE_TTL_MS), timeoutMs);
		wanting.forEach(({ index }, at) => (states[index] = taken[at]!));
	} catch (error) {
		giveUpLeases(
			wanting.map(({ one }) => one),
			deps,
		);
		// Without leases nobody waits for anybody; what was found is served all the same.
		if (!(error instanceof StoreUnavailable)) throw error;
	}
	return states;
}

/** A backend that answers too late may have given leases all the same: who takes them over must not think their holder dead. */
function giveUpLeases(asked: readonly Asked[], { leases, clock }: LookupDeps): void {
	leases.witness.heardNothing();
	for (const one of asked) {
		const mayHold = one.giveUpLease();
		if (mayHold) leases.keep(mayHold, clock.elapsedMs());
	}
}

function keepLeases(asked: Asked[], deps: LookupDeps, untilMs: number): void {
	for (const one of asked) {
		if (leads(one.outcome)) deps.leases.keep(one, untilMs);
	}
}

/** Gives every request its outcome; of equal requests only the first leads, and each has an answer of its own. */
function spread(places: Asked[]): LookupOutcome[] {
	const given = new Set<Asked>();
	return places.map((one) => {
		if (!given.has(one)) {
			given.add(one);
			return one.outcome;
		}
		const copy = structuredClone(one.outcome);
		if (isHit(copy)) copy.refresh = false;
		else copy.leader = false;
		return copy;
	});
}
