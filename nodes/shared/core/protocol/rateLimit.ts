/** How many requests one caller may still make. */
export interface Bucket {
	tokens: number;
	filledAtMs: number;
}

export type Taken =
	{ allowed: true; bucket: Bucket } | { allowed: false; bucket: Bucket; retryAfterSeconds: number };

/**
 * Takes one request out of a token bucket that holds a minute's worth.
 * @param perMinute requests a minute, more than 0
 */
export function takeRequest(bucket: Bucket | undefined, perMinute: number, nowMs: number): Taken {
	const perMs = perMinute / 60_000;
	const before = bucket ?? { tokens: perMinute, filledAtMs: nowMs };
	const passedMs = Math.max(0, nowMs - before.filledAtMs);
	const tokens = Math.min(perMinute, before.tokens + passedMs * perMs);
	if (tokens < 1) {
		const retryAfterSeconds = Math.ceil((1 - tokens) / perMs / 1000);
		return { allowed: false, bucket: { tokens, filledAtMs: nowMs }, retryAfterSeconds };
	}
	return { allowed: true, bucket: { tokens: tokens - 1, filledAtMs: nowMs } };
}
