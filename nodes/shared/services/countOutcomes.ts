import type { StatName } from '../ports/CacheStore';
import type { GuardedStore } from '../ports/GuardedStore';
import { UNREADABLE } from './decideRow';
import type { LookupOutcome, LookupRequest } from './lookupOutcome';

const STAT: Record<LookupOutcome['status'], StatName> = {
	hit: 'hits',
	stale: 'stale',
	miss: 'misses',
	bypass: 'misses',
};

/** Counts what became of each request, by namespace. */
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
	for (const [namespace, counts] of spaces) store.count(namespace, counts);
}
