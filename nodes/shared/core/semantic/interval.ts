/** A share with the bounds between which the true share lies. */
export interface Interval {
	share: number;
	low: number;
	high: number;
}

/** Standard normal quantile of a two-sided 95 % interval. */
const Z95 = 1.959964;

/** Wilson's 95 % interval of `count` in `total`; 0 to 1 when nothing was counted. */
export function wilson95(count: number, total: number): Interval {
	if (total === 0) return { share: 0, low: 0, high: 1 };
	const share = count / total;
	const z2 = Z95 * Z95;
	const centre = share + z2 / (2 * total);
	const spread = Z95 * Math.sqrt((share * (1 - share)) / total + z2 / (4 * total * total));
	const scale = 1 + z2 / total;
	return {
		share,
		low: Math.max(0, (centre - spread) / scale),
		high: Math.min(1, (centre + spread) / scale),
	};
}
