import type { RateCard } from '../core/price/rates';
import type { ServiceTier } from '../core/usage/reading';

export interface PriceQuery {
	/** Provider as the reply or the user named it; null lets the model's name decide. */
	provider: string | null;
	model: string;
	/** Time of the call, ms since 1970. */
	atMs: number;
	serviceTier: ServiceTier;
	/** Such as `geo:us`, `speed:fast`. */
	modifiers: readonly string[];
}

export interface PriceQuote {
	/** Where the price stands, e.g. `genai-prices 0.1.8`. */
	source: string;
	/** Version or date of that source. */
	version: string;
	provider: string;
	/** Name of the model in that source. */
	model: string;
	card: RateCard;
	/** The source says that this model costs nothing. */
	free: boolean;
	/** What the price does not fully answer, e.g. a service tier without a published rate. */
	notes: string[];
	/** Whether the service tier and all modifiers are already in the card. */
	tierApplied: boolean;
}

/** Prices that held at the time of a call. */
export interface PriceBook {
	/** @returns null when this book does not know the model at that time */
	quote(query: PriceQuery): PriceQuote | null;
}
