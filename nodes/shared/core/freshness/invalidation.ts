/** What was invalidated in a namespace: counts of a logical clock, so that no wall clock is compared. */
export interface Invalidations {
	/** Invalidation count at which each tag was last invalidated. */
	tags: ReadonlyMap<string, number>;
	/** Key version prefixes, with the count at which each was invalidated. */
	prefixes: ReadonlyArray<{ prefix: string; epoch: number }>;
	/** Entries stored before this time are invalid; milliseconds, 0 where never asked for. */
	beforeMs: number;
	/** Count at which that was asked for: what was asked of a model later is not meant, whatever the clock says. */
	beforeEpoch: number;
}

export interface InvalidatableEntry {
	storedAtMs: number;
	/** The namespace's invalidation count when the entry's request missed. */
	epoch: number;
	tags: readonly string[];
	keyVersion: string;
}

/** The tag that every entry of a namespace carries. */
export const NAMESPACE_TAG = '*';

/** How long an answer that was asked for before its key was invalidated is refused: longer than any model takes. ms */
export const KEY_ENDED_FOR_MS = 3_600_000;

/** Why it is refused. */
export const INVALIDATED_MEANWHILE = 'the entry was invalidated while its answer was computed';

/** Tag of a model, kept apart from the user's own tags. */
export const modelTag = (model: string): string => `m:${model}`;

/** Tag given by the user. */
export const userTag = (tag: string): string => `t:${tag}`;

/** True where the entry's tags, key version or age were invalidated after its request missed. */
export function isInvalidated(entry: InvalidatableEntry, invalidations: Invalidations): boolean {
	const { tags, prefixes, beforeMs, beforeEpoch } = invalidations;
	if (entry.storedAtMs < beforeMs && entry.epoch < beforeEpoch) return true;
	if ((tags.get(NAMESPACE_TAG) ?? 0) > entry.epoch) return true;
	if (tags.size > 0 && entry.tags.some((tag) => (tags.get(tag) ?? 0) > entry.epoch)) return true;
	return prefixes.some(
		({ prefix, epoch }) => epoch > entry.epoch && entry.keyVersion.startsWith(prefix),
	);
}
