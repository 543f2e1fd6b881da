import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { costOf } from '../../nodes/shared/core/price/cost';
import { nanoFromUsd, parseDecimal, usdFromNano } from '../../nodes/shared/core/price/money';
import type { RateCard } from '../../nodes/shared/core/price/rates';
import { noDetails } from '../../nodes/shared/core/usage/reading';
import { inputTotal, outputTotal } from '../../nodes/shared/core/usage/record';
import { splitInput, splitOutput } from '../../nodes/shared/core/usage/split';
import { recogniseUsage } from '../../nodes/shared/core/usage/recognise';
import { costWithFractions } from '../support/rationalCost';

const count = fc.integer({ min: 0, max: 5_000_000 });
const maybe = fc.option(count, { nil: null });
/** Atto-USD per token, as price lists have them: up to 1,000 USD per million, 6 decimals. */
const rate = fc.bigInt({ min: 0n, max: 10n ** 15n }).map((base) => ({ base, tiers: [] }));

describe('money, for any amounts', () => {
	it('a decimal of up to nine digits survives the way to nano-USD and back', () => {
		fc.assert(
			fc.property(fc.integer({ min: 0, max: 10 ** 15 }), (nano) => {
				expect(nanoFromUsd(String(usdFromNano(nano)))).toBe(nano);
			}),
		);
	});

	it('no text makes a negative or fractional amount', () => {
		fc.assert(
			fc.property(fc.oneof(fc.string(), fc.double(), fc.float()), (value) => {
				const amount = parseDecimal(value, 9);
				expect(amount === null || amount >= 0n).toBe(true);
			}),
		);
	});

	it('a call costs the exact sum of its parts, rounded once', () => {
		fc.assert(
			fc.property(
				fc.record({ input: rate, cacheRead: rate, cacheWrite: rate, output: rate }),
				fc.tuple(count, count, count, count),
				(card, [inputUncached, cacheRead, cacheWrite5m, outputText]) => {
					const usage = {
						inputUncached,
						cacheRead,
						cacheWrite5m,
						cacheWrite1h: null,
						inputAudio: null,
						outputText,
						reasoning: null,
						outputAudio: null,
					};
					const cost = costOf(usage, noDetails, card as RateCard);
					const parts: Array<[number, bigint]> = [
						[inputUncached, card.input.base],
						[cacheRead, card.cacheRead.base],
						[cacheWrite5m, card.cacheWrite.base],
						[outputText, card.output.base],
					];
					expect(cost).toMatchObject({ kind: 'priced', nanoUsd: costWithFractions(parts) });
				},
			),
		);
	});

	it('two calls never cost less than a nano-USD apart from one call with both', () => {
		fc.assert(
			fc.property(rate, count, count, (input, a, b) => {
				const price = (tokens: number): number => {
					const usage = { inputUncached: tokens, outputText: null };
					const cost = costOf({ ...allNull, ...usage }, noDetails, { input });
					return cost.kind === 'priced' ? cost.nanoUsd : Number.NaN;
				};
				expect(Math.abs(price(a) + price(b) - price(a + b))).toBeLessThanOrEqual(1);
			}),
		);
	});
});

const allNull = {
	inputUncached: null,
	cacheRead: null,
	cacheWrite5m: null,
	cacheWrite1h: null,
	inputAudio: null,
	outputText: null,
	reasoning: null,
	outputAudio: null,
};

describe('usage, for any counts', () => {
	it('the parts of an input that holds its cached tokens add up to it', () => {
		fc.assert(
			fc.property(count, maybe, maybe, maybe, (rest, cacheRead, cacheWrite5m, audio) => {
				const total = rest + (cacheRead ?? 0) + (cacheWrite5m ?? 0) + (audio ?? 0);
				const { parts } = splitInput({
					total,
					cacheRead,
					cacheWrite5m,
					cacheWrite1h: null,
					audio,
					cacheInside: true,
				});
				expect(inputTotal({ ...allNull, ...parts })).toBe(total);
			}),
		);
	});

	it('no part is ever negative, however wrong the counts', () => {
		fc.assert(
			fc.property(
				count,
				maybe,
				maybe,
				maybe,
				maybe,
				fc.boolean(),
				(total, a, b, audio, cached, cacheInside) => {
					const { parts } = splitInput({
						total,
						cacheRead: a,
						cacheWrite5m: b,
						cacheWrite1h: null,
						audio,
						cacheReadAudio: cached,
						cacheInside,
					});
					for (const part of Object.values(parts)) expect(part === null || part >= 0).toBe(true);
				},
			),
		);
	});

	it('the parts of an output that holds its reasoning add up to it', () => {
		fc.assert(
			fc.property(count, maybe, maybe, (rest, reasoning, audio) => {
				const total = rest + (reasoning ?? 0) + (audio ?? 0);
				const parts = splitOutput({ total, reasoning, audio, reasoningInside: true });
				expect(outputTotal({ ...allNull, ...parts })).toBe(total);
			}),
		);
	});

	it('no JSON value makes the reader throw', () => {
		fc.assert(fc.property(fc.jsonValue(), (value) => void recogniseUsage(value)));
		fc.assert(fc.property(fc.string(), (value) => void recogniseUsage(value)));
	});
});
