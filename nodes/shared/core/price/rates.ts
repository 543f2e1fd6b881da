import type { Fraction } from './money';
import { times } from './money';

/** What is billed: tokens of a kind, or a search or request as a piece. */
export const rateKinds = [
	'input',
	'cacheRead',
	'cacheWrite',
	'cacheWrite1h',
	'inputAudio',
	'cacheReadAudio',
	'output',
	'reasoning',
	'outputAudio',
	'outputImage',
	'webSearch',
	'request',
] as const;
export type RateKind = (typeof rateKinds)[number];

/** Atto-USD per unit; from `above` input tokens on, all units of the call cost the tier's rate. */
export interface Rate {
	base: bigint;
	tiers: ReadonlyArray<{ above: number; rate: bigint }>;
}

/** Prices of one model at one time. A kind that is missing is billed like the kind it belongs to. */
export type RateCard = Partial<Record<RateKind, Rate>>;

const belongsTo: Partial<Record<RateKind, RateKind>> = {
	cacheRead: 'input',
	cacheWrite: 'input',
	cacheWrite1h: 'cacheWrite',
	inputAudio: 'input',
	cacheReadAudio: 'cacheRead',
	reasoning: 'output',
	outputAudio: 'output',
	outputImage: 'output',
};

/** The rate by which `kind` is billed, or null when the card has none for it and its kin. */
export function rateFor(card: RateCard, kind: RateKind): Rate | null {
	for (let at: RateKind | undefined = kind; at !== undefined; at = belongsTo[at]) {
		const rate = card[at];
		if (rate !== undefined) return rate;
	}
	return null;
}

/** The rate that holds for a call with that much input. */
export function rateAt(rate: Rate, inputTokens: number): bigint {
	let held = rate.base;
	let reached = -1;
	for (const tier of rate.tiers) {
		if (inputTokens > tier.above && tier.above > reached) {
			held = tier.rate;
			reached = tier.above;
		}
	}
	return held;
}

/** All kinds by the same factor, or each by its own. */
export type RateFactors = Partial<Record<RateKind | 'all', Fraction>>;

/** Pieces (searches, requests) keep their price in every service tier. */
export function scaleCard(card: RateCard, factors: RateFactors): RateCard {
	const scaled: RateCard = {};
	for (const kind of rateKinds) {
		const rate = card[kind];
		const factor =
			factors[kind] ?? (kind === 'webSearch' || kind === 'request' ? undefined : factors.all);
		if (rate === undefined) continue;
		scaled[kind] = factor === undefined ? rate : scaleRate(rate, factor);
	}
	return scaled;
}

export function scaleRate(rate: Rate, factor: Fraction): Rate {
	return {
		base: times(rate.base, factor),
		tiers: rate.tiers.map((tier) => ({ above: tier.above, rate: times(tier.rate, factor) })),
	};
}
