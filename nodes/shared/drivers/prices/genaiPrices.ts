import { calcPrice } from '@pydantic/genai-prices';
import type { ModelPrice } from '@pydantic/genai-prices';
import { modelCandidates } from '../../core/price/modelName';
import { attoFromUsdPerMillion, parseDecimal } from '../../core/price/money';
import type { Rate, RateCard, RateKind } from '../../core/price/rates';
import type { PriceBook, PriceQuery, PriceQuote } from '../../ports/PriceBook';

/**
 * Prices of the package `@pydantic/genai-prices` (MIT): dated, tiered by context length, some by
 * time of day. Only its rates are used; the arithmetic is ours, in whole numbers.
 */
export const genaiPricesVersion = '0.1.8';

const perMillion: Partial<Record<string, RateKind>> = {
	input_mtok: 'input',
	cache_read_mtok: 'cacheRead',
	cache_write_mtok: 'cacheWrite',
	cache_write_1h_mtok: 'cacheWrite1h',
	input_audio_mtok: 'inputAudio',
	cache_audio_read_mtok: 'cacheReadAudio',
	output_mtok: 'output',
	output_reasoning_mtok: 'reasoning',
	output_audio_mtok: 'outputAudio',
	output_image_mtok: 'outputImage',
};
const perThousand: Partial<Record<string, RateKind>> = {
	web_searches_kcount: 'webSearch',
	requests_kcount: 'request',
};

/** Rows without any price that the provider itself calls free of charge (checked 2026-11-20). */
const freeOfCharge = /(:free$)|(^gemma-)|(moderation)/;

export function genaiPriceBook(): PriceBook {
	return {
		quote(query: PriceQuery): PriceQuote | null {
			for (const { provider, model } of modelCandidates(query.provider, query.model)) {
				const row = find(provider, model, query.atMs);
				if (row !== null) return row;
			}
			return null;
		},
	};
}

function find(provider: string | null, model: string, atMs: number): PriceQuote | null {
	const found = calcPrice({}, model, {
		providerId: provider ?? undefined,
		timestamp: new Date(atMs),
	});
	if (found === null) return null;
	const card = cardOf(found.model_price);
	const free = Object.keys(found.model_price).length === 0 && freeOfCharge.test(found.model.id);
	if (!free && card.input === undefined && card.output === undefined) return null;
	return {
		source: `genai-prices ${genaiPricesVersion}`,
		version: genaiPricesVersion,
		provider: found.provider.id,
		model: found.model.id,
		card,
		free,
		notes: [],
		tierApplied: false,
	};
}

function cardOf(prices: ModelPrice): RateCard {
	const card: RateCard = {};
	for (const [key, price] of Object.entries(prices)) {
		const kind = perMillion[key] ?? perThousand[key];
		if (kind === undefined || price === undefined) continue;
		const parse = key in perMillion ? attoFromUsdPerMillion : attoFromUsdPerThousand;
		const rate = rateOf(price, parse);
		if (rate !== null) card[kind] = rate;
	}
	return card;
}

function rateOf(price: ModelPrice[string], parse: (value: unknown) => bigint | null): Rate | null {
	if (typeof price === 'number') {
		const base = parse(price);
		return base === null ? null : { base, tiers: [] };
	}
	const base = parse(price?.base);
	if (base === null || price === undefined) return null;
	const tiers = price.tiers.flatMap(({ start, price: tierPrice }) => {
		const rate = parse(tierPrice);
		return rate === null ? [] : [{ above: start, rate }];
	});
	return { base, tiers };
}

function attoFromUsdPerThousand(value: unknown): bigint | null {
	return parseDecimal(value, 15);
}
