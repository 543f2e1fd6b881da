import { providerName } from '../core/price/modelName';
import type { RateKind } from '../core/price/rates';
import { rateAt } from '../core/price/rates';
import { isObject } from '../core/usage/json';
import type { PriceBook } from '../ports/PriceBook';

/** One rate on which two price sources differ, in USD per million tokens. */
export interface PriceDifference {
	provider: string;
	model: string;
	rate: RateKind;
	/** Input tokens of the call for which the rates were compared. */
	inputTokens: number;
	ours: number | null;
	theirs: number;
	source: string;
}

export interface PriceComparison {
	compared: number;
	/** Models of the other table that ours does not know. */
	missing: string[];
	differences: PriceDifference[];
}

const kinds: RateKind[] = [
	'input',
	'cacheRead',
	'cacheWrite',
	'cacheWrite1h',
	'inputAudio',
	'output',
	'outputAudio',
];
/** Short and long context: the tiers begin at 128,000, 200,000, 256,000 or 272,000 tokens. */
const sizes = [1_000, 300_000];
const attoPerUsdPerMillion = 1e12;

/**
 * Compares our prices with a LiteLLM price file, model by model, for the providers given.
 * @param theirs a price book over that file; a rate it lacks is not a difference
 */
export function comparePrices(
	ours: PriceBook,
	theirs: PriceBook,
	file: Record<string, unknown>,
	providers: readonly string[],
	atMs: number,
): PriceComparison {
	const comparison: PriceComparison = { compared: 0, missing: [], differences: [] };
	for (const [model, row] of Object.entries(file)) {
		if (!isObject(row) || typeof row.litellm_provider !== 'string') continue;
		const provider = providerName(row.litellm_provider);
		const priced = 'input_cost_per_token' in row && !/image|video|rerank/.test(String(row.mode));
		if (provider === null || !providers.includes(provider) || !priced) continue;
		const query = { provider, model, atMs, serviceTier: 'standard', modifiers: [] } as const;
		const our = ours.quote(query);
		const their = theirs.quote(query);
		if (their === null) continue;
		if (our === null) {
			comparison.missing.push(model);
			continue;
		}
		comparison.compared += 1;
		for (const inputTokens of sizes) {
			for (const rate of kinds) {
				const [mine, other] = [our.card[rate], their.card[rate]];
				if (other === undefined) continue;
				const theirRate = rateAt(other, inputTokens);
				const ourRate = mine === undefined ? null : rateAt(mine, inputTokens);
				if (ourRate === theirRate || theirRate === 0n) continue;
				const tiered = other.tiers.length > 0 || (mine?.tiers.length ?? 0) > 0;
				if (inputTokens !== sizes[0] && !tiered) continue;
				comparison.differences.push({
					provider,
					model,
					rate,
					inputTokens,
					ours: ourRate === null ? null : Number(ourRate) / attoPerUsdPerMillion,
					theirs: Number(theirRate) / attoPerUsdPerMillion,
					source: our.source,
				});
			}
		}
	}
	return comparison;
}
