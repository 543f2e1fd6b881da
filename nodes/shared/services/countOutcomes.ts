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
		const { status, reasons } = outcomes[index]!;
		let counts = spaces.get(namespace);
		if (!counts) spaces.set(namespace, (counts = {}));
		counts[STAT[status]] = (counts[STAT[status]] ?? 0) + 1;
		if (reasons[0]?.startsWith(UNREADABLE)) counts.corrupt = (counts.corrupt ?? 0) + 1;
	});
	for (const [namespace, counts] of spaces) store.count(namespace, counts);
}
