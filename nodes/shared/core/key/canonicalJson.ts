import canonicalize from 'canonicalize';
import { ConfigError } from '../errors';
import type { Json, JsonObject } from '../json';

/** A key that an object does not keep where it was put: an array index, which comes first, or its prototype. */
const NOT_KEPT = /^(?:\d+|__proto__)$/;

/**
 * RFC 8785 text of a JSON value: sorted keys, no white space, ECMAScript numbers.
 * @throws ConfigError where the value is not JSON (NaN, Infinity)
 */
export function canonicalJson(value: Json): string {
	try {
		const inOrder = sorted(value);
		const text = inOrder === undefined ? canonicalize(value) : JSON.stringify(inOrder);
		if (text !== undefined) return text;
	} catch (error) {
		throw notJson(error instanceof Error ? error.message : String(error));
	}
	throw notJson('the value is undefined');
}

/**
 * A copy with its keys in order, which JSON.stringify writes in one go: of what a hit of a batch costs making the
 * text is the largest part, and canonicalize puts it together from pieces. Undefined where only canonicalize can: what is no plain JSON, and keys
 * whose order no object keeps.
 */
function sorted(value: Json): Json | undefined {
	if (Array.isArray(value)) {
		const items: Json[] = [];
		for (const item of value) {
			const inner = sorted(item);
			if (inner === undefined) return undefined;
			items.push(inner);
		}
		return items;
	}
	if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
	if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
	if (typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype)
		return undefined;
	const keys = Object.keys(value);
	// Sorting leaves more garbage than the copy itself, and most keys stand in order.
	if (keys.some((key, at) => at > 0 && key < keys[at - 1]!)) keys.sort();
	const object: JsonObject = {};
	for (const key of keys) {
		const inner = sorted(value[key]!);
		if (inner === undefined || NOT_KEPT.test(key)) return undefined;
		object[key] = inner;
	}
	return object;
}

function notJson(detail: string): ConfigError {
	return new ConfigError(
		`The request is not valid JSON: ${detail}`,
		'Request',
		'Numbers must be finite; leave a parameter out instead of sending NaN.',
	);
}
