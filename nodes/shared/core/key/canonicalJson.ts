import canonicalize from 'canonicalize';
import { ConfigError } from '../errors';
import type { Json } from '../json';

/**
 * RFC 8785 text of a JSON value: sorted keys, no white space, ECMAScript numbers.
 * @throws ConfigError where the value is not JSON (NaN, Infinity)
 */
export function canonicalJson(value: Json): string {
	try {
		const text = canonicalize(value);
		if (text !== undefined) return text;
	} catch (error) {
		throw notJson(error instanceof Error ? error.message : String(error));
	}
	throw notJson('the value is undefined');
}

function notJson(detail: string): ConfigError {
	return new ConfigError(
		`The request is not valid JSON: ${detail}`,
		'Request',
		'Numbers must be finite; leave a parameter out instead of sending NaN.',
	);
}
