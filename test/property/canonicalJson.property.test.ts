import { describe, expect, it } from '@jest/globals';
import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { canonicalJson } from '../../nodes/shared/core/key/canonicalJson';
import type { Json } from '../../nodes/shared/core/json';

/** Keys that objects put elsewhere, and texts whose order differs by code unit and by code point. */
const key = fc.oneof(
	fc.string({ unit: 'binary' }),
	fc.constantFrom(
		'10',
		'9',
		'1',
		'__proto__',
		'constructor',
		'toJSON',
		'\uFB33',
		'\u{1F600}',
		'é',
		'',
	),
);
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
	value: fc.oneof(
		{ maxDepth: 5 },
		fc.oneof(fc.string({ unit: 'binary' }), fc.double({ noNaN: true, noDefaultInfinity: true })),
		fc.constantFrom<unknown>(null, true, false, 0, -0, 1e21, 1e-7),
		fc.array(tie('value'), { maxLength: 4 }),
		fc.array(fc.tuple(key, tie('value')), { maxLength: 5 }).map((pairs) => {
			const text = pairs.map(([name, inner]) => `${JSON.stringify(name)}:${JSON.stringify(inner)}`);
			return JSON.parse(`{${text.join(',')}}`) as unknown;
		}),
	),
}));

describe('the text that keys are made of', () => {
	it('is that of an implementation of RFC 8785 that many use, for any JSON', () => {
		fc.assert(
			fc.property(value, (json) => {
				expect(canonicalJson(json as Json)).toBe(canonicalize(json));
			}),
			{ numRuns: 5_000 },
		);
	});

	it('is the same however the keys stand', () => {
		const turned = (json: unknown): unknown => {
			if (Array.isArray(json)) return json.map(turned);
			if (typeof json !== 'object' || json === null) return json;
			const pairs = Object.entries(json).reverse();
			return Object.fromEntries(pairs.map(([name, inner]) => [name, turned(inner)]));
		};
		fc.assert(
			fc.property(value, (json) => {
				expect(canonicalJson(turned(json) as Json)).toBe(canonicalJson(json as Json));
			}),
			{ numRuns: 1_000 },
		);
	});
});
