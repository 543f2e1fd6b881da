import { randomUUID } from 'node:crypto';
import { decodeEntry, type Entry } from '../core/entry/envelope';
import { CorruptEntry } from '../core/errors';
import type { ExplainedRequest } from '../core/explain/components';
import { explainMiss } from '../core/explain/explainMiss';
import type { CacheControl } from '../core/freshness/cacheControl';
import { freshness } from '../core/freshness/freshness';
import type { CacheStore, LookupReply, LookupRow } from '../ports/CacheStore';
import type { Clock } from '../ports/Clock';
import type { GuardedStore } from '../ports/GuardedStore';
import { LEASE_TTL_MS, type LeaseKeeper } from './leaseKeeper';

export interface LookupRequest {
	namespace: string;
	key: string;
	explained: ExplainedRequest;
	control: CacheControl;
}

export interface LookupSettings {
	operation: 'lookup' | 'fallback';
	/** Wait for the same request in flight elsewhere instead of asking the provider twice. */
	coalesce: boolean;
	coalesceWaitMs: number;
	timeoutMs: number;
	/** AES-256-GCM keys; none where entries are not encrypted. */
	encryptionKeys: readonly Buffer[];
}

export interface LookupDeps {
	store: GuardedStore;
	clock: Clock;
	leases: LeaseKeeper;
}

export type LookupOutcome =
	| {
			status: 'hit' | 'stale';
			entry: Entry;
			ageMs: number;
			reasons: string[];
			/** This caller, and no other, should compute a fresh answer behind the scenes. */
			refresh: boolean;
			token?: string;
			epoch: number;
	  }
	| {
			status: 'miss' | 'bypass';
			reasons: string[];
			/** This caller computes the answer; others wait for it. */
			leader: boolean;
			token?: string;
			epoch?: number;
			/** The backend failed, as opposed to having no entry. */
			unavailable?: boolean;
	  };

const FIRST_POLL_MS = 15;
const LONGEST_POLL_MS = 250;

/**
 * Looks up a batch in one round trip; equal requests of the batch are asked once.
 * Misses take a lease; where another execution holds it, this waits for its answer for at most `coalesceWaitMs`.
 * A batch that leads something itself never waits, so that two batches cannot wait for each other.
 * @throws StoreUnavailable where the backend does not answer; the caller decides whether that is a miss
 */
export async function lookup(
	requests: LookupRequest[],
	settings: LookupSettings,
	deps: LookupDeps,
): Promise<LookupOutcome[]> {
	const { store, clock } = deps;
	const places = uniquePlaces(requests);
	const unique = [...places.values()].map(([first]) => requests[first!]!);
	const asked: Asked[] = unique.map((request) => ({
		request,
		token: randomUUID(),
		lease: settings.coalesce && settings.operation === 'lookup' && !request.control.noStore,
	}));
	const deadlineMs = clock.nowMs() + settings.coalesceWaitMs;
	const outcomes = new Map<Asked, LookupOutcome>();
	let open = asked;
	let waited = false;
	for (let pollMs = FIRST_POLL_MS; ; pollMs = Math.min(pollMs * 2, LONGEST_POLL_MS)) {
		const reply = await store.run((live) => live.lookup(open.map(toQuery)), settings.timeoutMs);
		const held: Asked[] = [];
		for (const [index, one] of open.entries()) {
			const row = reply.rows[index]!;
			const outcome = decide(one, row, reply, settings, waited);
			outcomes.set(one, outcome);
			if (!row.found && row.lease === 'held') held.push(one);
		}
		await takeMissingLeases(open, outcomes, reply, settings, deps);
		const leads = [...outcomes.values()].some((outcome) => isMiss(outcome) && outcome.leader);
		if (held.length === 0 || leads || clock.nowMs() >= deadlineMs) break;
		await clock.sleep(Math.min(pollMs * (0.5 + clock.random()), deadlineMs - clock.nowMs()));
		open = held;
		waited = true;
	}
	keepLeases(outcomes, deps, deadlineMs);
	countOutcomes(outcomes, deps);
	return spread(places, asked, outcomes, requests.length);
}

interface Asked {
	request: LookupRequest;
	token: string;
	lease: boolean;
}

type Hit = Extract<LookupOutcome, { entry: Entry }>;
type Miss = Exclude<LookupOutcome, Hit>;

/** True where an answer is served, fresh or stale. */
export const isHit = (outcome: LookupOutcome): outcome is Hit => 'entry' in outcome;

const isMiss = (outcome: LookupOutcome): outcome is Miss => !isHit(outcome);

function uniquePlaces(requests: LookupRequest[]): Map<string, number[]> {
	const places = new Map<string, number[]>();
	requests.forEach(({ key }, index) => {
		const place = places.get(key);
		if (place) place.push(index);
		else places.set(key, [index]);
	});
	return places;
}

function toQuery({ request, token, lease }: Asked) {
	const { namespace, key, explained } = request;
	return {
		namespace,
		key,
		userHash: explained.userHash,
		lease: lease ? { token, ttlMs: LEASE_TTL_MS } : undefined,
	};
}

function decide(
	{ request, token }: Asked,
	row: LookupRow,
	reply: LookupReply,
	settings: LookupSettings,
	waited: boolean,
): LookupOutcome {
	const epoch = reply.epochs.get(request.namespace) ?? 0;
	if (request.control.noStore) {
		return { status: 'bypass', reasons: ['no-store was asked for'], leader: false };
	}
	if (!row.found) {
		const reasons =
			row.why === 'invalidated'
				? ['the entry was invalidated']
				: explainMiss(request.explained.components, row.earlier);
		if (row.lease === 'held') reasons.push('the same request is in flight elsewhere');
		if (row.lease === 'released') reasons.push('another caller just failed to answer it');
		return { status: 'miss', reasons, leader: row.lease === 'acquired', token, epoch };
	}
	let entry: Entry;
	try {
		entry = decodeEntry(row.packed, settings.encryptionKeys);
	} catch (error) {
		if (!(error instanceof CorruptEntry)) throw error;
		return {
			status: 'miss',
			reasons: [`unreadable entry: ${error.message}`],
			leader: false,
			token,
			epoch,
		};
	}
	const { ttlMs, graceMs } = entry.meta;
	const age = freshness(
		{ storedAtMs: row.storedAtMs, ttlMs, graceMs },
		reply.nowMs,
		request.control,
		settings.operation,
	);
	if (age.state === 'unusable') {
		return { status: 'miss', reasons: [age.reason], leader: false, token, epoch };
	}
	const reasons = waited ? ['waited for the same request in flight'] : [];
	if (age.state === 'stale') reasons.push(age.reason);
	const { ageMs } = age;
	const status = age.state === 'fresh' ? 'hit' : 'stale';
	return { status, entry, ageMs: Math.max(0, ageMs), reasons, refresh: false, token, epoch };
}

/** An entry that is there but may not be served gave no lease yet; a stale one elects who refreshes it. */
async function takeMissingLeases(
	asked: Asked[],
	outcomes: Map<Asked, LookupOutcome>,
	reply: LookupReply,
	settings: LookupSettings,
	{ store }: LookupDeps,
): Promise<void> {
	const wanting = asked.filter((one, index) => {
		const outcome = outcomes.get(one);
		if (!one.lease || !outcome || !reply.rows[index]?.found) return false;
		return outcome.status === 'miss' || outcome.status === 'stale';
	});
	if (wanting.length === 0) return;
	const refs = wanting.map(leaseRef);
	const taken = await store.run(
		(live) => live.acquireLeases(refs, LEASE_TTL_MS),
		settings.timeoutMs,
	);
	wanting.forEach((one, index) => {
		const outcome = outcomes.get(one);
		if (!outcome || !taken[index]) return;
		if (isMiss(outcome)) outcome.leader = true;
		else outcome.refresh = true;
	});
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

const STAT: Record<LookupOutcome['status'], 'hits' | 'stale' | 'misses'> = {
	hit: 'hits',
	stale: 'stale',
	miss: 'misses',
	bypass: 'misses',
};

/** Counters are a by-product: nobody waits for them, and their loss is no failure. */
function countOutcomes(outcomes: Map<Asked, LookupOutcome>, { store }: LookupDeps): void {
	const spaces = new Map<
		string,
		Partial<Record<'hits' | 'stale' | 'misses' | 'corrupt', number>>
	>();
	for (const [{ request }, outcome] of outcomes) {
		const counts = spaces.get(request.namespace) ?? {};
		spaces.set(request.namespace, counts);
		const stat = STAT[outcome.status];
		counts[stat] = (counts[stat] ?? 0) + 1;
		if (outcome.reasons[0]?.startsWith('unreadable entry'))
			counts.corrupt = (counts.corrupt ?? 0) + 1;
	}
	const write = (live: CacheStore) =>
		Promise.all([...spaces].map(([namespace, counts]) => live.count(namespace, counts)));
	store.run(write, 1_000).catch(() => undefined);
}

/** Gives every request its outcome; of equal requests only the first leads. */
function spread(
	places: Map<string, number[]>,
	asked: Asked[],
	outcomes: Map<Asked, LookupOutcome>,
	length: number,
): LookupOutcome[] {
	const all: LookupOutcome[] = new Array(length);
	[...places.values()].forEach((indexes, at) => {
		const outcome = outcomes.get(asked[at]!)!;
		indexes.forEach((index, copy) => {
			const follows = isMiss(outcome) ? { leader: false } : { refresh: false };
			all[index] = copy === 0 ? outcome : ({ ...outcome, ...follows } as LookupOutcome);
		});
	});
	return all;
}
