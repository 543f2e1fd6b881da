import { randomUUID } from 'node:crypto';
import { StoreUnavailable } from '../core/errors';
import type {
	CacheStore,
	LeaseState,
	LookupQuery,
	LookupReply,
	LookupRow,
} from '../ports/CacheStore';
import type { Clock } from '../ports/Clock';
import type { GuardedStore } from '../ports/GuardedStore';
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
/** What a batch may take longer, for each of its requests. */
export const EXTRA_TIMEOUT_MS = 0.5;
/** Requests of a batch that are asked and unpacked together. */
const PART = 256;

/** A request as the backend is asked for it; what a hit has no need of is worked out when it is asked for. */
class Asked implements LookupQuery {
	outcome!: LookupOutcome;
	/** When the entry that may not be served was stored, at the first look; 0 where there was none. */
	firstStoredAtMs?: number;
	#token?: string;
	#givenUp = false;

	constructor(
		readonly request: LookupRequest,
		private readonly wantsLease: boolean,
		private readonly looksAgain: boolean,
	) {}

	get takesLease(): boolean {
		return this.wantsLease && !this.#givenUp;
	}

	/** Takes no lease from now on; true where it may have taken one already. */
	giveUpLease(): boolean {
		const mayHold = this.takesLease && this.#token !== undefined;
		this.#givenUp = true;
		return mayHold;
	}

	get token(): string {
		return (this.#token ??= randomUUID());
	}

	get namespace(): string {
		return this.request.namespace;
	}

	get key(): string {
		return this.request.key;
	}

	get userHash(): string {
		return this.request.explained.userHash;
	}

	/** Takes a lease on an entry that was found: it is stale, or may not be served at all. */
	get renews(): boolean {
		const { status } = this.outcome;
		return this.takesLease && (status === 'stale' || (status !== 'hit' && !this.looksAgain));
	}

	get lease(): LookupQuery['lease'] {
		return this.takesLease && !this.looksAgain
			? { token: this.token, ttlMs: LEASE_TTL_MS }
			: undefined;
	}
}

/**
 * Looks up a batch at once; equal requests of the batch are asked once.
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
	const byKey = new Map<string, Asked>();
	const places = requests.map((request) => {
		const known = byKey.get(request.key);
		if (known) return known;
		const asked = toAsked(request, settings);
		byKey.set(request.key, asked);
		return asked;
	});
	const asked = [...byKey.values()];
	const deadlineMs = clock.elapsedMs() + settings.coalesceWaitMs;
	let held = await askOnce(asked, settings, deps);
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
			if (!(error instanceof StoreUnavailable)) throw error;
			break; // What the first look found is still good; those who waited go on by themselves.
		}
		for (const { outcome } of waiting) {
			if (isHit(outcome)) outcome.reasons.unshift('waited for the same request in flight');
		}
	}
	for (const { outcome } of held) outcome.reasons.push('the same request is in flight elsewhere');
	keepLeases(asked, deps, deadlineMs);
	const all =
		asked.length === places.length ? places.map(({ outcome }) => outcome) : spread(places);
	const counted = settings.looksAgain ? all.map((one) => (isHit(one) ? one : undefined)) : all;
	countOutcomes(requests, counted, deps.store);
	return all;
}

function toAsked(request: LookupRequest, settings: LookupSettings): Asked {
	const { noStore, onlyIfCached } = request.control;
	const { operation, coalesce, looksAgain = false } = settings;
	const computes = operation === 'lookup' && !noStore && !onlyIfCached;
	return new Asked(request, coalesce && computes, looksAgain);
}

/** One look at the backend: gives each its outcome, and returns those whose answer somebody else is computing. */
async function askOnce(
	open: Asked[],
	settings: LookupSettings,
	deps: LookupDeps,
): Promise<Asked[]> {
	const timeoutMs = settings.timeoutMs + open.length * EXTRA_TIMEOUT_MS;
	const { rows, nowMs } = await orGiveUp(open, deps, () =>
		deps.store.run((live) => lookUpInParts(open, live, settings), timeoutMs),
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

/** Gives each its outcome. All parts are asked at once, and one is unpacked while the backend works on the next. */
async function lookUpInParts(
	open: Asked[],
	store: CacheStore,
	settings: LookupSettings,
): Promise<Pick<LookupReply, 'rows' | 'nowMs'>> {
	if (open.length <= PART) return lookUpPart(open, store, settings);
	const parts: Array<Promise<LookupReply>> = [];
	for (let from = 0; from < open.length; from += PART) {
		parts.push(lookUpPart(open.slice(from, from + PART), store, settings));
	}
	const replies = await Promise.all(parts);
	return { rows: replies.flatMap(({ rows }) => rows), nowMs: replies[0]!.nowMs };
}

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
		const taken = await orGiveUp(
			wanting.map(({ one }) => one),
			deps,
			() => deps.store.run((live) => live.acquireLeases(refs, LEASE_TTL_MS), timeoutMs),
		);
		wanting.forEach(({ index }, at) => (states[index] = taken[at]!));
	} catch (error) {
		// Without leases nobody waits for anybody; what was found is served all the same.
		if (!(error instanceof StoreUnavailable)) throw error;
	}
	return states;
}

/** A backend that answers too late may have given leases all the same: who takes them over must not think their holder dead. */
async function orGiveUp<T>(
	asked: readonly Asked[],
	{ leases, clock }: LookupDeps,
	work: () => Promise<T>,
): Promise<T> {
	try {
		return await work();
	} catch (error) {
		leases.witness.heardNothing();
		for (const one of asked) if (one.giveUpLease()) leases.keep(one, clock.elapsedMs());
		throw error;
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
