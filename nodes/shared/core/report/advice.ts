import { formatCount, formatMoney, formatShare } from '../chart/format';
import type { Counters } from '../ledger/counters';
import { addCounters, noCounters } from '../ledger/counters';
import type { LedgerRow } from '../ledger/rows';
import type { CachingRule } from '../prefix/rules';
import { ruleFor } from '../prefix/rules';
import type { CurrencyRate } from '../price/currency';
import { inCurrency } from '../price/currency';
import { nanoFromAtto } from '../price/money';
import type { RateCard } from '../price/rates';
import { rateAt, rateFor } from '../price/rates';

export interface AdviceSettings {
	rules: readonly CachingRule[];
	currency: CurrencyRate;
	atMs: number;
	book: {
		quote(query: {
			provider: string;
			model: string;
			atMs: number;
			serviceTier: 'standard';
			modifiers: string[];
		}): { card: RateCard } | null;
	};
}

/** Below that share of cached input a prompt is worth looking at. */
const wellCached = 0.5;
/** How much of the input a stable prefix can usefully be: an upper bound, and said to be one. */
const cacheable = 0.8;
const fewestCalls = 20;
const longestList = 5;
const daysPerMonth = 30;

/**
 * Prompts (or, where unnamed, workflows) that send long inputs of which the provider's cache serves
 * little: a sentence each, the largest possible saving first.
 */
export function cachingAdvice(
	rows: readonly LedgerRow[],
	days: number,
	settings: AdviceSettings,
): string[] {
	return [...byPrompt(rows)]
		.map(([, group]) => ({ ...group, ...possibleSaving(group, days, settings) }))
		.filter(({ savedNanoUsd }) => savedNanoUsd > 0)
		.sort((a, b) => b.savedNanoUsd - a.savedNanoUsd)
		.slice(0, longestList)
		.map(({ name, model, counters, minTokens, savedNanoUsd }) => {
			const average = counters.inputTokens / counters.calls;
			const share = counters.cacheReadTokens / counters.inputTokens;
			const amount = formatMoney(
				inCurrency(savedNanoUsd, settings.currency),
				settings.currency.currency,
			);
			return `“${name}” sends ${formatCount(average)} input tokens a call to ${model}, ${formatShare(share)} of them from the provider's cache. With the unchanging part first (at least ${formatCount(minTokens)} tokens) up to ${amount} a month less.`;
		});
}

interface PromptGroup {
	name: string;
	provider: string;
	model: string;
	counters: Counters;
}

function byPrompt(rows: readonly LedgerRow[]): Map<string, PromptGroup> {
	const groups = new Map<string, PromptGroup>();
	for (const { dimensions, counters } of rows) {
		const { prompt, workflow, provider, model } = dimensions;
		const name = prompt || workflow;
		if (name === '' || model === '') continue;
		const key = JSON.stringify([name, provider, model]);
		const group = groups.get(key) ?? { name, provider, model, counters: noCounters() };
		addCounters(group.counters, counters);
		groups.set(key, group);
	}
	return groups;
}

function possibleSaving(
	{ provider, model, counters }: PromptGroup,
	days: number,
	{ rules, book, atMs }: AdviceSettings,
): { savedNanoUsd: number; minTokens: number } {
	const none = { savedNanoUsd: 0, minTokens: 0 };
	const { calls, inputTokens, cacheReadTokens } = counters;
	const rule = ruleFor(rules, provider, model);
	if (rule === null || calls < fewestCalls) return none;
	const average = inputTokens / calls;
	if (average * cacheable < rule.minTokens || cacheReadTokens > wellCached * inputTokens)
		return none;
	const card = book.quote({ provider, model, atMs, serviceTier: 'standard', modifiers: [] })?.card;
	const input = card && rateFor(card, 'input');
	const read = card && rateFor(card, 'cacheRead');
	if (!input || !read) return none;
	const saved = rateAt(input, average) - rateAt(read, average);
	const tokens = Math.floor(((inputTokens * cacheable - cacheReadTokens) * daysPerMonth) / days);
	return tokens <= 0 || saved <= 0n
		? none
		: { savedNanoUsd: nanoFromAtto(BigInt(tokens) * saved), minTokens: rule.minTokens };
}
