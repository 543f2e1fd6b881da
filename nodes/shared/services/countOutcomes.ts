import type { StatName } from '../ports/CacheStore';
import type { GuardedStore } from '../ports/GuardedStore';
import { UNREADABLE } from './decideRow';
import type { LookupOutcome } from './lookupOutcome';

type Status = LookupOutcome['status'];

const STAT: Record<Status, StatName> = {
	hit: 'hits',
	stale: 'stale',
	miss: 'misses',
	bypass: 'misses',
};

/** Counts what became of each request, by namespace; what has no outcome yet is left out. */
export function countOutcomes(
	requests: ReadonlyArray<{ namespace: string }>,
	outcomes: ReadonlyArray<{ status: Status; reasons: readonly string[] } | undefined>,
	store: GuardedStore,
): void {
	const spaces = new Map<string, Partial<Record<StatName, number>>>();
	requests.forEach(({ namespace }, index) => {
		const outcome = outcomes[index];
		if (!outcome) return;
		const { status, reasons } = outcome;
		let counts = spaces.get(namespace);
		if (!counts) spaces.set(namespace, (counts = {}));
		counts[STAT[status]] = (counts[STAT[status]] ?? 0) + 1;
		if (reasons[0]?.startsWith(UNREADABLE)) counts.corrupt = (counts.corrupt ?? 0) + 1;
	});
	for (const [namespace, counts] of spaces) store.count(namespace, counts);
}
