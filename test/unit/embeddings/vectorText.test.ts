import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { packVector, unpackVector } from '../../../nodes/shared/core/embeddings/vectorText';
import type { Json } from '../../../nodes/shared/core/json';

const stored = (vector: readonly number[]) => packVector(vector) as unknown as Json;

describe('a stored vector', () => {
	it('comes back as the same float32 numbers', () => {
		const number = fc.float({ noNaN: true, noDefaultInfinity: true });
		fc.assert(
			fc.property(fc.array(number, { minLength: 1, maxLength: 200 }), (vector) => {
				expect(unpackVector(stored(vector))).toEqual(vector);
			}),
		);
	});

	it('takes less than a third of the same numbers in JSON', () => {
		const vector = Array.from({ length: 1536 }, (_, at) => Math.sin(at) / 40);
		expect(JSON.stringify(stored(vector)).length * 3).toBeLessThan(JSON.stringify(vector).length);
	});

	it('is not made of numbers that are none', () => {
		expect(packVector([0.1, Number.NaN])).toBeUndefined();
		expect(packVector([Number.POSITIVE_INFINITY])).toBeUndefined();
		expect(packVector([])).toBeUndefined();
	});

	it.each<[string, Json]>([
		['an error', { error: 'no vector' }],
		['cut bytes', { embedding: 'AAAA', dimensions: 2 }],
		['another answer', 'text'],
	])('is not read from %s', (_what, entry) => {
		expect(unpackVector(entry)).toBeUndefined();
	});
});
