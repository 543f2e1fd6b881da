import { randomUUID } from 'node:crypto';
import { StoreUnavailable } from '../core/errors';
import type { LeaseState, LookupQuery, LookupRow } from '../ports/CacheStore';
import type { Clock } from '../ports/Clock';
import type { GuardedStore } from '../ports/GuardedStore';
import { countOutcomes } from './countOutcomes';
import { decideRow } from './decideRow';
import { LEASE_TTL_MS, type LeaseKeeper } from './leaseKeeper';
import {
	isHit,
	isMiss,
	type LookupOutcome,
	type LookupRequest,
	type LookupSettings,
} from './lookupOutcome';

export { isHit };
export type { LookupOutcome, LookupRequest, LookupSettings };

export interface LookupDeps {
	store: GuardedStore;
	clock: Clock;
	leases: LeaseKeeper;
}

const FIRST_POLL_MS = 15;
const LONGEST_POLL_MS = 250;
/** What a batch may take longer, for each of its requests. */
export const EXTRA_TIMEOUT_MS = 0.5;

interface Asked {
	request: LookupRequest;
	token: string;
	lease: boolean;
	/** When the entry that may not be served was stored, at the first look; 0 where there was none. */
	firstStoredAtMs?: number;
}

/**
 * Looks up a batch in one round trip; equal requests of the batch are asked once.
 * Misses and expired entries take a lease; where another execution holds it, this waits for its answer for at
 * most `coalesceWaitMs`. A batch that leads something itself never waits, so that two batches cannot wait for each other.
 * @throws StoreUnavailable where the backend does not answer; the caller decides whether that is a miss
 */
export async function lookup(
	requests: LookupRequest[],
	settings: LookupSettings,
	deps: LookupDeps,
): Promise<LookupOutcome[]> {
	const { clock } = deps;
	const places = uniquePlaces(requests);
	const asked = [...places.values()].map(([first]) => toAsked(requests[first!]!, settings));
	const deadlineMs = clock.elapsedMs() + settings.coalesceWaitMs;
	const outcomes = new Map<Asked, LookupOutcome>();
	let held = await askOnce(asked, outcomes, settings, deps);
	for (
		let pollMs = FIRST_POLL_MS;
		held.length > 0;
		pollMs = Math.min(pollMs * 2, LONGEST_POLL_MS)
	) {
		const leads = [...outcomes.values()].some((outcome) => isMiss(outcome) && outcome.leader);
		const leftMs = deadlineMs - clock.elapsedMs();
		if (leads || leftMs <= 0) break;
		await clock.sleep(Math.min(pollMs * (0.5 + clock.random()), leftMs));
		const waiting = held;
		try {
			held = await askOnce(waiting, outcomes, settings, deps);
		} catch (error) {
			if (!(error instanceof StoreUnavailable)) throw error;
			break; // What the first look found is still good; those who waited go on by themselves.
		}
		for (const one of waiting) {
			const outcome = outcomes.get(one)!;
			if (isHit(outcome)) outcome.reasons.unshift('waited for the same request in flight');
		}
	}
	for (const one of held) {
		outcomes.get(one)!.reasons.push('the same request is in flight elsewhere');
	}
	keepLeases(outcomes, deps, deadlineMs);
	const all = spread(places, asked, outcomes, requests.length);
	countOutcomes(requests, all, deps.store);
	return all;
}

function toAsked(request: LookupRequest, settings: LookupSettings): Asked {
	const { noStore, onlyIfCached } = request.control;
	const computes = settings.operation === 'lookup' && !noStore && !onlyIfCached;
	return { request, token: randomUUID(), lease: settings.coalesce && computes };
}

/** One look at the backend: fills `outcomes`, and returns those whose answer somebody else is computing. */
async function askOnce(
	open: Asked[],
	outcomes: Map<Asked, LookupOutcome>,
	settings: LookupSettings,
	deps: LookupDeps,
): Promise<Asked[]> {
	const timeoutMs = settings.timeoutMs + open.length * EXTRA_TIMEOUT_MS;
	const reply = await deps.store.run(
		(live) => live.lookup(open.map((one) => new Query(one))),
		timeoutMs,
	);
	const decided = open.map((one, index) =>
		decideRow(one.request, one.token, reply.rows[index]!, reply, settings),
	);
	const states = await leaseStates(open, decided, reply.rows, timeoutMs, deps);
	return open.filter((one, index) => {
		const outcome = decided[index]!;
		const row = reply.rows[index]!;
		const state = states[index]!;
		outcomes.set(one, outcome);
		if (isHit(outcome)) {
			outcome.refresh = outcome.status === 'stale' && state === 'acquired';
			return false;
		}
		outcome.leader = state === 'acquired';
		if (state === 'released') outcome.reasons.push('another caller just failed to answer it');
		// An entry that came while we waited and still may not be served: the next one would not do either.
		const unchanged = !row.found || row.storedAtMs === (one.firstStoredAtMs ??= row.storedAtMs);
		one.firstStoredAtMs ??= 0;
		return state === 'held' && unchanged && !one.request.control.noCache;
	});
}

/** The lookup itself takes leases for absent entries; one that is there but may not be served, or is stale, is asked for here. */
async function leaseStates(
	open: Asked[],
	decided: LookupOutcome[],
	rows: LookupRow[],
	timeoutMs: number,
	{ store }: LookupDeps,
): Promise<LeaseState[]> {
	const states = rows.map((row): LeaseState => (row.found ? 'none' : row.lease));
	const wanting = [...open.keys()].filter(
		(index) => open[index]!.lease && rows[index]!.found && decided[index]!.status !== 'hit',
	);
	if (wanting.length === 0) return states;
	const refs = wanting.map((index) => leaseRef(open[index]!));
	try {
		const taken = await store.run((live) => live.acquireLeases(refs, LEASE_TTL_MS), timeoutMs);
		wanting.forEach((index, at) => (states[index] = taken[at]!));
	} catch (error) {
		// Without leases nobody waits for anybody; what was found is served all the same.
		if (!(error instanceof StoreUnavailable)) throw error;
	}
	return states;
}

/** Places of equal requests; a key holds its namespace. */
function uniquePlaces(requests: LookupRequest[]): Map<string, number[]> {
	const places = new Map<string, number[]>();
	requests.forEach(({ key }, index) => {
		const place = places.get(key);
		if (place) place.push(index);
		else places.set(key, [index]);
	});
	return places;
}

/** A query whose hash of the user's text is worked out only where the backend asks for it. */
class Query implements LookupQuery {
	readonly namespace: string;
	readonly key: string;
	readonly lease: LookupQuery['lease'];

	constructor(private readonly asked: Asked) {
		this.namespace = asked.request.namespace;
		this.key = asked.request.key;
		this.lease = asked.lease ? { token: asked.token, ttlMs: LEASE_TTL_MS } : undefined;
	}

	get userHash(): string {
		return this.asked.request.explained.userHash;
	}
}

const leaseRef = ({ request, token }: Asked) => ({
	namespace: request.namespace,
	key: request.key,
	token,
});

function keepLeases(outcomes: Map<Asked, LookupOutcome>, deps: LookupDeps, untilMs: number): void {
	for (const [one, outcome] of outcomes) {
		const leads = isMiss(outcome) ? outcome.leader : outcome.refresh;
		if (leads) deps.leases.keep(leaseRef(one), untilMs);
	}
}

/** Gives every request its outcome; of equal requests only the first leads, and each has an answer of its own. */
function spread(
	places: Map<string, number[]>,
	asked: Asked[],
	outcomes: Map<Asked, LookupOutcome>,
	length: number,
): LookupOutcome[] {
	const all: LookupOutcome[] = new Array(length);
	[...places.values()].forEach(([first, ...copies], at) => {
		const outcome = outcomes.get(asked[at]!)!;
		all[first!] = outcome;
		for (const index of copies) {
			const copy = structuredClone(outcome);
			if (isHit(copy)) copy.refresh = false;
			else copy.leader = false;
			all[index] = copy;
		}
	});
	return all;
}
