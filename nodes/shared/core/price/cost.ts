import type { UsageDetails } from '../usage/reading';
import type { UsageRecord } from '../usage/record';
import { inputTotal } from '../usage/record';
import { nanoFromAtto } from './money';
import type { RateCard, RateKind } from './rates';
import { rateAt, rateFor } from './rates';

export type CostResult =
	| {
			kind: 'priced';
			nanoUsd: number;
			/** What the provider's cache saved on this call, in nano-USD; negative when writes cost more. */
			providerCacheSavedNanoUsd: number;
	  }
	| { kind: 'unknown'; reason: string };

/**
 * Prices one call: every token once, at the rate of its kind and of the tier that the whole input
 * reaches. Rounded once, half up, to nano-USD. A needed count or rate that is missing makes the
 * cost unknown, never 0.
 */
export function costOf(usage: UsageRecord, details: UsageDetails, card: RateCard): CostResult {
	if (usage.inputUncached === null && rateFor(card, 'input') !== null) {
		return { kind: 'unknown', reason: 'the provider reported no input tokens' };
	}
	if (usage.outputText === null && rateFor(card, 'output') !== null) {
		return { kind: 'unknown', reason: 'the provider reported no output tokens' };
	}
	const input = inputTotal(usage) ?? 0;
	const cachedAudio = Math.min(details.cacheReadAudio, usage.cacheRead ?? 0);
	const image = Math.min(details.outputImage, usage.outputText ?? 0);
	const units: Array<[RateKind, number]> = [
		['input', usage.inputUncached ?? 0],
		['cacheRead', (usage.cacheRead ?? 0) - cachedAudio],
		['cacheReadAudio', cachedAudio],
		['cacheWrite', usage.cacheWrite5m ?? 0],
		['cacheWrite1h', usage.cacheWrite1h ?? 0],
		['inputAudio', usage.inputAudio ?? 0],
		['output', (usage.outputText ?? 0) - image],
		['outputImage', image],
		['reasoning', usage.reasoning ?? 0],
		['outputAudio', usage.outputAudio ?? 0],
		['webSearch', details.webSearches],
		['request', card.request === undefined ? 0 : 1],
	];
	let total = 0n;
	let uncachedInstead = 0n;
	for (const [kind, count] of units) {
		if (count === 0) continue;
		const rate = rateFor(card, kind);
		if (rate === null) {
			if (kind === 'webSearch') continue;
			return { kind: 'unknown', reason: `the price list has no rate for ${kind}` };
		}
		const amount = BigInt(count) * rateAt(rate, input);
		total += amount;
		const plain = withoutCache[kind];
		const plainRate = plain === undefined ? null : rateFor(card, plain);
		if (plainRate !== null) uncachedInstead += BigInt(count) * rateAt(plainRate, input) - amount;
	}
	return {
		kind: 'priced',
		nanoUsd: nanoFromAtto(total),
		providerCacheSavedNanoUsd:
			uncachedInstead < 0n ? -nanoFromAtto(-uncachedInstead) : nanoFromAtto(uncachedInstead),
	};
}

/** What the same tokens would have cost had nothing been cached. */
const withoutCache: Partial<Record<RateKind, RateKind>> = {
	cacheRead: 'input',
	cacheReadAudio: 'inputAudio',
	cacheWrite: 'input',
	cacheWrite1h: 'input',
};
