import { describe, expect, it } from '@jest/globals';
import { rankCorrelation, resampled, routing } from '../../../scripts/classifier/routing.mjs';

/** Eight prompts of which the weak model fails two that the strong one gets right. */
const rows = [0, 0, 1, 1, 1, 1, 1, 1].map((weak) => ({ weak, strong: 1 }));

describe('a score as a router between a weak and a strong model', () => {
	it('recovers the whole gap with a quarter of the calls where it puts the failures first', () => {
		expect(routing(rows, [9, 8, 7, 6, 5, 4, 3, 2])).toEqual({
			quarter: 1,
			area: (0.25 + 0.75 + 6) / 8,
			half: 1 / 8,
		});
	});

	it('recovers nothing before the end where it puts them last', () => {
		expect(routing(rows, [1, 2, 3, 4, 5, 6, 7, 8])).toEqual({
			quarter: 0,
			area: (0.25 + 0.75) / 8,
			half: 7 / 8,
		});
	});

	it('loses by a call to a strong model that is wrong where the weak one is right', () => {
		const worse = [...rows.slice(0, 7), { weak: 1, strong: 0 }];
		expect(routing(worse, [1, 2, 3, 4, 5, 6, 7, 8])!.quarter).toBe(-1);
	});

	it('has no figure where the strong model is not the better one', () => {
		const even = [{ weak: 1, strong: 1 }];
		expect(routing(even, [1])).toBeNull();
	});

	it('draws prompts again to say how sure a figure is', () => {
		const sure = Array.from({ length: 100 }, (_, i) => ({ weak: i < 10 ? 0 : 1, strong: 1 }));
		const perfect = resampled(
			sure,
			sure.map((_, i) => -i),
		);
		expect(perfect).toEqual({ low: 1, high: 1 });
		const { low, high } = resampled(
			sure,
			sure.map((_, i) => (i * 37) % 100),
		);
		expect(low).toBeLessThan(high);
	});
});

describe('rank correlation', () => {
	it('is 1 in the same order, -1 in the opposite one, and shares out ties', () => {
		expect(rankCorrelation([1, 5, 9], [2, 3, 4])).toBeCloseTo(1, 12);
		expect(rankCorrelation([9, 5, 1], [2, 3, 4])).toBeCloseTo(-1, 12);
		expect(rankCorrelation([1, 2, 3, 4], [1, 1, 2, 2])).toBeCloseTo(Math.sqrt(0.8), 12);
		expect(rankCorrelation([1, 2], [3, 3])).toBeNull();
	});
});
