import { parseFraction } from '../../core/price/money';
import { modelCandidates } from '../../core/price/modelName';
import type { OverrideTable } from '../../core/price/overrideTable';
import { cardOfRow, findRow, namesModel, surchargeFor } from '../../core/price/overrideTable';
import type { RateCard } from '../../core/price/rates';
import { scaleCard, scaleRate } from '../../core/price/rates';
import type { PriceBook, PriceQuery, PriceQuote } from '../../ports/PriceBook';

/**
 * The repository's dated override table over another price book: rows that go first, rates that
 * follow from others, and what service tiers and regions do to a price.
 */
export function overridePriceBook(table: OverrideTable, base: PriceBook): PriceBook {
	return {
		quote(query: PriceQuery): PriceQuote | null {
			const quote = ownRow(table, query) ?? base.quote(query);
			if (quote === null || quote.tierApplied) return quote;
			return withSurcharges(table, query, { ...quote, card: withDerived(table, quote) });
		},
	};
}

function ownRow(table: OverrideTable, query: PriceQuery): PriceQuote | null {
	const candidates = modelCandidates(query.provider, query.model);
	const found = findRow(table.rows, candidates, query.atMs);
	if (found === null) return null;
	return {
		source: `override ${table.version}`,
		version: table.version,
		provider: found.row.provider,
		model: found.model,
		card: cardOfRow(found.row),
		free: false,
		notes: [found.row.source],
		tierApplied: false,
	};
}

function withDerived(table: OverrideTable, quote: PriceQuote): RateCard {
	const card = { ...quote.card };
	for (const rule of table.derived) {
		const from = card[rule.of];
		const factor = parseFraction(rule.factor);
		if (card[rule.rate] !== undefined || from === undefined || factor === null) continue;
		if (rule.provider !== quote.provider || !namesModel(rule.models, quote.model)) continue;
		card[rule.rate] = scaleRate(from, factor);
	}
	return card;
}

function withSurcharges(table: OverrideTable, query: PriceQuery, quote: PriceQuote): PriceQuote {
	const tier = query.serviceTier === 'standard' ? [] : [query.serviceTier];
	let { card } = quote;
	const notes = [...quote.notes];
	for (const when of [...tier, ...query.modifiers]) {
		const factors = surchargeFor(table.surcharges, quote.provider, quote.model, when);
		if (factors !== null) card = scaleCard(card, factors);
		else if (tier.includes(when as (typeof tier)[number])) {
			notes.push(`no published ${when} rate for ${quote.model}: priced as standard`);
		}
	}
	return { ...quote, card, notes, tierApplied: true };
}
