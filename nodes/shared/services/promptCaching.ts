import type { JsonObject } from '../core/json';
import type { PrefixAnalysis } from '../core/prefix/analyse';
import { analysePrefix } from '../core/prefix/analyse';
import type { BreakCause } from '../core/prefix/cause';
import { fingerprint, readNote } from '../core/prefix/fingerprint';
import type { OutlineLine } from '../core/prefix/outline';
import { outline } from '../core/prefix/outline';
import { reorderRequest } from '../core/prefix/reorder';
import type { CachingRule } from '../core/prefix/rules';
import { ruleFor } from '../core/prefix/rules';
import { prefixSaving } from '../core/prefix/saving';
import { usdFromNano } from '../core/price/money';
import type { CostLedger } from '../ports/CostLedger';
import type { PriceBook } from '../ports/PriceBook';
import type { CountTokens } from './countRequest';

/** What the node writes as `estimate.caching`. */
export interface CachingField {
	/** Calls of this prompt that were compared, this one included. */
	calls: number;
	/** Tokens at the beginning that were the same in all of them. */
	stableTokens: number;
	/** The same, once the request is reordered. */
	reachableTokens: number;
	/** Null where the provider is not known to cache, or this is the first call. */
	eligible: boolean | null;
	/** Tokens that the reordered request lacks to be cached. */
	shortfallTokens: number | null;
	/** What ends the stable part now; null where it ends in the last message, as it should. */
	brokenBy: { path: string; cause: BreakCause; excerpt: string } | null;
	expectedHitRate: number | null;
	savedUsdPerMonth: number | null;
	changes: string[];
	advice: string;
}

export interface CachingRequest {
	request: JsonObject;
	/** Name under which calls of the same prompt are compared. */
	prompt: string;
	provider: string | null;
	model: string | null;
	nowMs: number;
}

export interface CachingTools {
	ledger: CostLedger;
	book: PriceBook;
	rules: readonly CachingRule[];
	countTokens: CountTokens;
}

const remembered = 5;

/**
 * Compares a request with the last ones of its prompt, says how much of it the provider could cache
 * and what stands in the way, and puts the stable part first. The provider's mark is set only where
 * caching is expected to pay.
 */
export async function analyseCaching(
	{ request, prompt, provider, model, nowMs }: CachingRequest,
	{ ledger, book, rules, countTokens }: CachingTools,
): Promise<{ caching: CachingField; request: JsonObject }> {
	const query = { provider, atMs: nowMs, serviceTier: 'standard', modifiers: [] } as const;
	const quote = model === null ? null : book.quote({ ...query, model });
	const rule = quote && ruleFor(rules, quote.provider, quote.model);
	const sorted = rule ? reorderRequest(request, rule, { mark: false, key: '' }).request : request;

	const [now, better] = [outline(request), outline(sorted)];
	const [nowLines, betterLines] = [fingerprint(now), fingerprint(better)];
	const note = JSON.stringify({ atMs: nowMs, now: nowLines, better: betterLines });
	const earlier = (await ledger.remember(prompt, note, remembered))
		.map(readNote)
		.filter((one) => one !== null);
	const analysis = analysePrefix(
		now,
		nowLines,
		earlier.map((one) => one.now),
	);
	const reachable = analysePrefix(
		better,
		betterLines,
		earlier.map((one) => one.better),
	);
	const tokens = (
		lines: readonly OutlineLine[],
		{ stableLines }: PrefixAnalysis,
	): Promise<number> =>
		countTokens(
			lines
				.slice(0, stableLines)
				.map(({ text }) => text)
				.join('\n'),
		);
	const plain = {
		calls: analysis.calls,
		stableTokens: await tokens(now, analysis),
		reachableTokens: await tokens(better, reachable),
		brokenBy: analysis.endsInLastMessage ? null : analysis.brokenBy,
	};
	if (!quote || !rule || earlier.length === 0) {
		return { request, caching: { ...plain, ...nothingKnown, advice: whyNothing(rule) } };
	}

	const gapMs = (nowMs - Math.min(...earlier.map(({ atMs }) => atMs))) / earlier.length;
	const saving = prefixSaving(plain.reachableTokens, gapMs, rule, quote.card);
	const mark = saving.eligible && saving.savedNanoUsdPerMonth > 0;
	const reordered = reorderRequest(request, rule, { mark, key: prompt });
	const caching = {
		...plain,
		eligible: saving.eligible,
		shortfallTokens: saving.shortfallTokens,
		expectedHitRate: saving.expectedHitRate,
		savedUsdPerMonth: usdFromNano(saving.savedNanoUsdPerMonth),
		changes: reordered.changes,
	};
	return { request: reordered.request, caching: { ...caching, advice: adviceOf(caching, rule) } };
}

const nothingKnown = {
	eligible: null,
	shortfallTokens: null,
	expectedHitRate: null,
	savedUsdPerMonth: null,
	changes: [],
};

function whyNothing(rule: CachingRule | null): string {
	return rule === null
		? 'For this model no rules of provider caching are known.'
		: 'The first call of this prompt: there is nothing to compare it with yet.';
}

function adviceOf(caching: Omit<CachingField, 'advice'>, rule: CachingRule): string {
	const { eligible, stableTokens, reachableTokens, shortfallTokens, brokenBy, savedUsdPerMonth } =
		caching;
	const stop = brokenBy
		? ` Now the stable part ends after ${stableTokens} tokens, at ${brokenBy.path} (${brokenBy.cause}): "${brokenBy.excerpt}".`
		: '';
	if (!eligible) {
		return `The stable part has ${reachableTokens} tokens, ${shortfallTokens ?? 0} fewer than the provider caches (${rule.minTokens}).${stop}`;
	}
	if ((savedUsdPerMonth ?? 0) <= 0) {
		return `The calls come too seldom: after ${rule.ttlMinutes} minutes the prefix is forgotten, so caching it would not pay.${stop}`;
	}
	return `${reachableTokens} tokens can come from the provider's cache, about USD ${(savedUsdPerMonth ?? 0).toFixed(2)} a month less.${stop}`;
}
