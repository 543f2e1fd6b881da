import { describe, expect, it } from '@jest/globals';
import { wilson95 } from '../../../nodes/shared/core/semantic/interval';
import { shadowReport } from '../../../nodes/shared/core/semantic/shadow';
import {
	decideVerified,
	emptyVerifiedState,
	learnOutcome,
	type VerifiedState,
} from '../../../nodes/shared/core/semantic/verified';

/** Numbers in [0, 1) that repeat from run to run. */
function generator(seed: number): () => number {
	let state = seed;
	return () => (state = (state * 16807) % 2147483647) / 2147483647;
}

describe('the verified policy', () => {
	it('always explores an entry of which nothing is known', () => {
		const empty = emptyVerifiedState();
		const { exploreProbability } = decideVerified(empty, empty, 0.9, 0.01, 0.99);
		expect(exploreProbability).toBeGreaterThan(0.9);
	});

	it('serves more the more often the entry was right, and less after a wrong answer', () => {
		let entry = emptyVerifiedState();
		const explored = (state: VerifiedState) =>
			decideVerified(state, emptyVerifiedState(), 0.9, 0.05, 0.5).exploreProbability;
		const before = explored(entry);
		for (let k = 0; k < 150; k++) entry = learnOutcome(entry, 0.9, true);
		const trusted = explored(entry);
		expect(trusted).toBeLessThan(before / 2);
		for (let k = 0; k < 20; k++) entry = learnOutcome(entry, 0.9, false);
		expect(explored(entry)).toBeGreaterThan(trusted);
	});

	it.each([0.01, 0.02, 0.05])('keeps a promised error rate of %p on a known stream', (promised) => {
		const random = generator(42);
		let shared = emptyVerifiedState();
		const entries = Array.from({ length: 12 }, (_, k) => ({
			state: emptyVerifiedState(),
			midpoint: 0.6 + (k % 6) * 0.06,
		}));
		const lookups = 2_500;
		let wrong = 0;
		let served = 0;
		for (let k = 0; k < lookups; k++) {
			const entry = entries[Math.floor(random() * entries.length)]!;
			const similarity = 0.5 + random() * 0.5;
			const right = random() < 1 / (1 + Math.exp(-60 * (similarity - entry.midpoint)));
			const decision = decideVerified(entry.state, shared, similarity, promised, random());
			if (decision.action === 'serve') {
				served++;
				if (!right) wrong++;
				continue;
			}
			entry.state = learnOutcome(entry.state, similarity, right);
			shared = learnOutcome(shared, similarity, right);
		}
		expect(wilson95(wrong, lookups).low).toBeLessThanOrEqual(promised);
		expect(wrong / lookups).toBeLessThanOrEqual(promised);
		expect(served).toBeGreaterThan(0);
	});

	it.each([0, 1, -0.1, Number.NaN])('names maxErrorRate when it is %p', (rate) => {
		const empty = emptyVerifiedState();
		expect(() => decideVerified(empty, empty, 0.9, rate, 0.5)).toThrow('maxErrorRate');
	});
});

describe('the shadow report', () => {
	it('counts for each policy what it would have hit and got wrong', () => {
		const [guarded, plain] = shadowReport(
			[
				{ similarity: 0.95, guarded: true, agreed: true },
				{ similarity: 0.92, guarded: false, agreed: false },
				{ similarity: 0.91, guarded: true, agreed: null },
				{ similarity: 0.5, guarded: false, agreed: null },
			],
			[0.9],
		);
		expect(guarded).toMatchObject({
			policy: 'guarded',
			hits: 2,
			hitRate: 0.5,
			judged: 1,
			wrong: 0,
		});
		expect(plain).toMatchObject({ policy: 'threshold 0.9', hits: 3, judged: 2, wrong: 1 });
	});

	it('gives an interval that knows how little was seen', () => {
		expect(wilson95(0, 0)).toEqual({ share: 0, low: 0, high: 1 });
		const few = wilson95(1, 10);
		const many = wilson95(100, 1000);
		expect(few.high - few.low).toBeGreaterThan(many.high - many.low);
		expect(many.low).toBeCloseTo(0.0829, 3);
		expect(many.high).toBeCloseTo(0.1202, 3);
	});
});
