/** Any value that JSON can carry. */
export type Json = string | number | boolean | null | Json[] | JsonObject;

export interface JsonObject {
	[name: string]: Json;
}

/** True for a plain JSON object: neither null nor an array. */
export function isJsonObject(value: unknown): value is JsonObject {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}
