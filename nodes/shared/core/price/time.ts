const secondsEnd = 100_000_000_000;

/**
 * A time a user or a log wrote: ISO 8601, or seconds or milliseconds since 1970 (as number or text).
 * @returns ms since 1970, or null when it is not a time
 */
export function parseTime(value: unknown): number | null {
	if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.getTime();
	const number =
		typeof value === 'string' && /^\d+(\.\d+)?$/.test(value.trim()) ? Number(value) : value;
	if (typeof number === 'number') {
		if (!Number.isFinite(number) || number < 0) return null;
		return number < secondsEnd ? Math.round(number * 1000) : Math.round(number);
	}
	if (typeof value !== 'string' || !/^\d{4}-\d{2}(-\d{2})?/.test(value.trim())) return null;
	const parsed = Date.parse(value.trim());
	return Number.isNaN(parsed) ? null : parsed;
}
