export type JsonObject = Record<string, unknown>;

export function isObject(value: unknown): value is JsonObject {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const nothing: JsonObject = Object.freeze({});

/** The object under `key`, or an empty one, which must not be written to. */
export function child(value: unknown, key: string): JsonObject {
	if (!isObject(value)) return nothing;
	const found = value[key];
	return isObject(found) ? found : nothing;
}

/**
 * A token count: a finite number of 0 or more, rounded down; also in decimal text, as OTLP sends
 * int64. Anything else (negative, NaN, a boolean) was not reported: null.
 */
export function tokens(value: unknown): number | null {
	const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
	if (typeof number !== 'number' || !Number.isFinite(number) || number < 0) return null;
	return Math.floor(number);
}

/** The first value that is a token count. */
export function firstTokens(...values: unknown[]): number | null {
	for (const value of values) {
		const count = tokens(value);
		if (count !== null) return count;
	}
	return null;
}

/** The first value that is a non-empty string. */
export function firstText(...values: unknown[]): string | null {
	for (const value of values) if (typeof value === 'string' && value.trim() !== '') return value;
	return null;
}

/** True when a count was written but cannot be one: negative, NaN or not a number at all. */
export function isBroken(value: unknown): boolean {
	return value !== undefined && value !== null && tokens(value) === null;
}
