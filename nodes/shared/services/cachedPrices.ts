import type { PriceBook, PriceQuote } from '../ports/PriceBook';

const maxQuotes = 500;
const msPerMinute = 60_000;

/** Remembers quotes by the minute, since prices change by the hour of the day at most. */
export function rememberQuotes(book: PriceBook): PriceBook {
	const known = new Map<string, PriceQuote | null>();
	return {
		quote(query) {
			const minute = Math.floor(query.atMs / msPerMinute);
			const { provider, model, serviceTier, modifiers } = query;
			const key = JSON.stringify([minute, provider, model, serviceTier, modifiers]);
			const seen = known.get(key);
			if (seen !== undefined) return seen;
			if (known.size >= maxQuotes) known.clear();
			const quote = book.quote(query);
			known.set(key, quote);
			return quote;
		},
	};
}
