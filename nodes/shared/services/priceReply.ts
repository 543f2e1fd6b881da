import type { UsageReading } from '../core/usage/reading';
import type { UsageRecord } from '../core/usage/record';
import { addUsage, unknownUsage } from '../core/usage/record';
import { recogniseUsage } from '../core/usage/recognise';
import type { PriceBook } from '../ports/PriceBook';
import type { PricedCall, PriceOptions } from './priceCall';
import { priceCall } from './priceCall';

/** Usage and cost of a reply; several calls in it (retries, failed legs) are all billed. */
export interface PricedReply {
	usage: UsageRecord;
	nanoUsd: number | null;
	source: string;
	calls: Array<{ reading: UsageReading; priced: PricedCall }>;
}

export interface ReplyHints {
	/** Used where the reply itself names none. */
	model?: string;
	provider?: string;
}

/** Recognises and prices whatever a provider or framework replied. */
export function priceReply(
	response: unknown,
	book: PriceBook,
	options: PriceOptions,
	hints: ReplyHints = {},
): PricedReply {
	return priceReadings(recogniseUsage(response), book, options, hints);
}

/** Prices calls whose usage has been read already. */
export function priceReadings(
	readings: readonly UsageReading[],
	book: PriceBook,
	options: PriceOptions,
	hints: ReplyHints = {},
): PricedReply {
	const calls = readings
		.map((reading) => ({
			...reading,
			model: reading.model ?? hints.model ?? null,
			provider: reading.provider ?? hints.provider ?? null,
		}))
		.map((reading) => ({ reading, priced: priceCall(reading, book, options) }));
	if (calls.length === 0) {
		return { usage: unknownUsage(), nanoUsd: null, source: 'unknown: no token usage found', calls };
	}
	const costs = calls.map(({ priced }) => priced.nanoUsd);
	return {
		usage: addUsage(calls.map(({ reading }) => reading.usage)),
		nanoUsd: costs.some((cost) => cost === null)
			? null
			: costs.reduce((sum: number, cost) => sum + (cost ?? 0), 0),
		source: sourceOf(calls.map(({ priced }) => priced)),
		calls,
	};
}

function sourceOf(priced: readonly PricedCall[]): string {
	const open = priced.find(({ nanoUsd }) => nanoUsd === null);
	return open?.source ?? [...new Set(priced.map(({ source }) => source))].join(', ');
}
