import type { CacheStore, StatName } from '../ports/CacheStore';
import type { GuardedStore } from '../ports/GuardedStore';
import { UNREADABLE } from './decideRow';
import type { LookupOutcome, LookupRequest } from './lookupOutcome';

const STAT: Record<LookupOutcome['status'], StatName> = {
	hit: 'hits',
	stale: 'stale',
	miss: 'misses',
	bypass: 'misses',
};
const TIMEOUT_MS = 1_000;

/** Counters are a by-product: nobody waits for them, and their loss is no failure. */
export function countOutcomes(
	requests: readonly LookupRequest[],
	outcomes: readonly LookupOutcome[],
	store: GuardedStore,
): void {
	const spaces = new Map<string, Partial<Record<StatName, number>>>();
	requests.forEach(({ namespace }, index) => {
		const outcome = outcomes[index]!;
		const counts = spaces.get(namespace) ?? {};
		spaces.set(namespace, counts);
		const add = (stat: StatName) => (counts[stat] = (counts[stat] ?? 0) + 1);
		add(STAT[outcome.status]);
		if (outcome.reasons[0]?.startsWith(UNREADABLE)) add('corrupt');
	});
	addCounts(spaces, store);
}

/** Adds to the counters of several namespaces, without anybody waiting for it. */
export function addCounts(
	spaces: ReadonlyMap<string, Partial<Record<StatName, number>>>,
	store: GuardedStore,
): void {
	const write = (live: CacheStore) =>
		Promise.all([...spaces].map(([namespace, counts]) => live.count(namespace, counts)));
	store.run(write, TIMEOUT_MS).catch(() => undefined);
}
