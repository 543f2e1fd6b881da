import type { CurrencyRate } from '../price/currency';
import { inCurrency } from '../price/currency';
import { usdFromNano } from '../price/money';
import type { Figures, Report } from './report';
import { groupings } from './report';

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** Figures as an item shows them: money in USD and, where another is asked for, in that currency. */
export function figuresView(of: Figures, currency: CurrencyRate): Record<string, Json> {
	return {
		calls: of.calls,
		hits: of.hits,
		spendUsd: usdFromNano(of.spendNanoUsd),
		avoidedUsd: usdFromNano(of.avoidedNanoUsd),
		overheadUsd: usdFromNano(of.overheadNanoUsd),
		netAvoidedUsd: usdFromNano(of.netAvoidedNanoUsd),
		providerSavedUsd: usdFromNano(of.providerSavedNanoUsd),
		...(currency.currency === 'USD'
			? {}
			: {
					spend: inCurrency(of.spendNanoUsd, currency),
					netAvoided: inCurrency(of.netAvoidedNanoUsd, currency),
				}),
		responseHitRate: of.responseHitRate,
		providerHitRate: of.providerHitRate,
		inputTokens: of.inputTokens,
		cacheReadTokens: of.cacheReadTokens,
		cacheWriteTokens: of.cacheWriteTokens,
		outputTokens: of.outputTokens,
		callP50Ms: of.callP50Ms,
		callP95Ms: of.callP95Ms,
		hitP50Ms: of.hitP50Ms,
		hitP95Ms: of.hitP95Ms,
		savedLatencyMs: of.savedLatencyMs,
		unknownCosts: of.unknownCosts,
		lostCalls: of.lostCalls,
	};
}

/** The whole report as JSON. */
export function reportView(report: Report, currency: CurrencyRate): Record<string, Json> {
	const groups = Object.fromEntries(
		groupings.map((by) => [
			by,
			report.groups[by].map((group) => ({ name: group.name, ...figuresView(group, currency) })),
		]),
	);
	return {
		from: new Date(report.fromMs).toISOString(),
		to: new Date(report.toMs).toISOString(),
		currency: { code: currency.currency, perUsd: currency.perUsd, date: currency.date },
		totals: figuresView(report.totals, currency),
		byTime: report.byTime.map(({ startMs, ...figures }) => ({
			start: new Date(startMs).toISOString(),
			...figuresView(figures, currency),
		})),
		by: groups,
	};
}
