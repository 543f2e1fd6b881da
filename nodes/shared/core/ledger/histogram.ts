/** Upper ends of the latency buckets in ms, doubling from 1 ms; the last one is open. */
export const latencyBuckets = [
	1,
	2,
	5,
	10,
	25,
	50,
	100,
	250,
	500,
	1_000,
	2_500,
	5_000,
	10_000,
	30_000,
	60_000,
	Infinity,
] as const;

/** The bucket of a duration of 0 or more, in ms. */
export function latencyBucket(ms: number): number {
	const index = latencyBuckets.findIndex((end) => ms <= end);
	return index < 0 ? latencyBuckets.length - 1 : index;
}

/**
 * A quantile (0 to 1) of a histogram in ms, by straight line within its bucket; null without counts.
 * In the open bucket it is that bucket's lower end.
 */
export function quantile(counts: readonly number[], share: number): number | null {
	const total = counts.reduce((sum, count) => sum + count, 0);
	if (total === 0) return null;
	let left = share * total;
	for (const [index, count] of counts.entries()) {
		if (count === 0 || left > count) {
			left -= count;
			continue;
		}
		const start = latencyBuckets[index - 1] ?? 0;
		const end = latencyBuckets[index] ?? Infinity;
		return end === Infinity ? start : start + (end - start) * (left / count);
	}
	return latencyBuckets.at(-2) ?? null;
}
