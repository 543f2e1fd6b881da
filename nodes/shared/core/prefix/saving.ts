import { nanoFromAtto } from '../price/money';
import type { RateCard } from '../price/rates';
import { rateAt, rateFor } from '../price/rates';
import type { CachingRule } from './rules';

export interface PrefixSaving {
	/** The stable part is long enough to be cached. */
	eligible: boolean;
	/** Tokens that are missing to the smallest cached prefix. */
	shortfallTokens: number;
	/** Tokens that a hit reads from the cache, in the provider's steps. */
	cachedTokens: number;
	/** Share of calls that come before the cache forgets the prefix. */
	expectedHitRate: number;
	/** Expected in a month of 30 days, writes paid; negative where caching costs more than it saves. */
	savedNanoUsdPerMonth: number;
}

const msPerMinute = 60_000;
const msPerMonth = 30 * 86_400_000;

/**
 * What caching the stable part would save. Calls are taken to come at random with the mean distance
 * seen: the chance that the next one comes within the life of the prefix is 1 − e^(−life/distance).
 */
export function prefixSaving(
	stableTokens: number,
	meanGapMs: number,
	rule: CachingRule,
	card: RateCard,
): PrefixSaving {
	const cachedTokens = Math.floor(stableTokens / rule.stepTokens) * rule.stepTokens;
	const eligible = cachedTokens >= rule.minTokens;
	const expectedHitRate =
		meanGapMs <= 0 ? 1 : 1 - Math.exp((-rule.ttlMinutes * msPerMinute) / meanGapMs);
	const none = {
		eligible,
		shortfallTokens: Math.max(0, rule.minTokens - cachedTokens),
		cachedTokens: eligible ? cachedTokens : 0,
		expectedHitRate,
		savedNanoUsdPerMonth: 0,
	};
	const input = rateFor(card, 'input');
	const read = rateFor(card, 'cacheRead');
	const write = rateFor(card, 'cacheWrite');
	if (!eligible || input === null || read === null || write === null || meanGapMs <= 0) return none;
	const perHit = rateAt(input, cachedTokens) - rateAt(read, cachedTokens);
	const perMiss = rule.write ? rateAt(write, cachedTokens) - rateAt(input, cachedTokens) : 0n;
	const perCall = Number(perHit) * expectedHitRate - Number(perMiss) * (1 - expectedHitRate);
	const callsPerMonth = msPerMonth / meanGapMs;
	const atto = Math.round(perCall * cachedTokens * callsPerMonth);
	const nano = nanoFromAtto(BigInt(Math.abs(atto)));
	return { ...none, savedNanoUsdPerMonth: atto < 0 ? -nano : nano };
}
