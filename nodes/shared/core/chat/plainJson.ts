import type { Json, JsonObject } from '../json';

/**
 * The plain JSON inside a value: functions, class instances (HTTP clients, parsers) and values that JSON
 * cannot carry are left out, since they differ from process to process.
 * @param keep false leaves a field out, at any depth
 */
export function plainJson(value: unknown, keep: (name: string) => boolean): Json | undefined {
	if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
	if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
	if (Array.isArray(value)) {
		return value.map((entry) => plainJson(entry, keep)).filter((entry) => entry !== undefined);
	}
	return isPlainObject(value) ? plainFields(value, keep) : undefined;
}

/** The plain JSON fields of an object. */
export function plainFields(
	object: Record<string, unknown>,
	keep: (name: string) => boolean,
): JsonObject {
	const fields: JsonObject = {};
	for (const [name, inner] of Object.entries(object)) {
		if (!keep(name)) continue;
		const plain = plainJson(inner, keep);
		if (plain !== undefined) fields[name] = plain;
	}
	return fields;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
	if (typeof value !== 'object' || value === null) return false;
	const prototype: unknown = Object.getPrototypeOf(value);
	return prototype === null || Object.getPrototypeOf(prototype) === null;
}
