/** How long each kind of record is kept, in ms. */
export const retention = {
	/** Rows by the hour. */
	hourMs: 35 * 86_400_000,
	/** Rows by the day, and what was spent in a day or month. */
	dayMs: 800 * 86_400_000,
	/** Ids of booked calls: a worker that tries again does so within minutes. */
	seenMs: 3 * 86_400_000,
} as const;
