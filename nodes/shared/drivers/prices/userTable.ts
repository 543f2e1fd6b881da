import { modelCandidates } from '../../core/price/modelName';
import { parseDecimal } from '../../core/price/money';
import type { Rate, RateCard, RateKind } from '../../core/price/rates';
import { isObject } from '../../core/usage/json';
import type { JsonObject } from '../../core/usage/json';
import type { PriceBook, PriceQuery, PriceQuote } from '../../ports/PriceBook';

/**
 * The user's own price table, with the field names of LiteLLM's price file (USD per token):
 * `{"my-model": {"input_cost_per_token": 2.5e-06, "output_cost_per_token": 1e-05}}`. Keys are model
 * names, with or without `provider/`.
 */
export type UserTableResult =
	{ kind: 'table'; book: PriceBook; models: number } | { kind: 'invalid'; reason: string };

const fields: Array<[RateKind, string]> = [
	['input', 'input_cost_per_token'],
	['cacheRead', 'cache_read_input_token_cost'],
	['cacheWrite', 'cache_creation_input_token_cost'],
	['cacheWrite1h', 'cache_creation_input_token_cost_above_1hr'],
	['inputAudio', 'input_cost_per_audio_token'],
	['cacheReadAudio', 'cache_read_input_audio_token_cost'],
	['output', 'output_cost_per_token'],
	['reasoning', 'output_cost_per_reasoning_token'],
	['outputAudio', 'output_cost_per_audio_token'],
	['outputImage', 'output_cost_per_image_token'],
];
const tierSuffix = {
	standard: '',
	flex: '_flex',
	priority: '_priority',
	batch: '_batches',
} as const;

/**
 * Reads the table. A rate of 0 is a price; a negative or unreadable one makes the table invalid,
 * with the model and field named.
 */
export function userPriceTable(value: unknown, source = 'own price table'): UserTableResult {
	let table = value;
	if (typeof value === 'string') {
		try {
			table = value.trim() === '' ? {} : (JSON.parse(value) as unknown);
		} catch {
			return { kind: 'invalid', reason: 'The price table is not JSON' };
		}
	}
	if (!isObject(table)) return { kind: 'invalid', reason: 'The price table is not a JSON object' };
	for (const [model, row] of Object.entries(table)) {
		const problem = problemOf(row);
		if (problem !== null)
			return { kind: 'invalid', reason: `Price table, model "${model}": ${problem}` };
	}
	const rows = new Map(
		Object.entries(table as Record<string, JsonObject>).map(([k, v]) => [k.toLowerCase(), v]),
	);
	return { kind: 'table', book: bookOf(rows, source), models: rows.size };
}

/** The user's table over another book. */
export function layered(first: PriceBook, second: PriceBook): PriceBook {
	return { quote: (query) => first.quote(query) ?? second.quote(query) };
}

function problemOf(row: unknown): string | null {
	if (!isObject(row)) return 'is not an object of rates';
	for (const [field, rate] of Object.entries(row)) {
		if (!/_cost(_|$)/.test(field) || !/token/.test(field)) continue;
		if (parseDecimal(rate, 18) === null) return `${field} must be a number of 0 or more`;
	}
	return null;
}

function bookOf(rows: ReadonlyMap<string, JsonObject>, source: string): PriceBook {
	return {
		quote(query: PriceQuery): PriceQuote | null {
			for (const { provider, model } of namesFor(query)) {
				const row = rows.get(model.toLowerCase());
				if (row === undefined) continue;
				const card = cardOf(row, query.serviceTier);
				if (card.input === undefined && card.output === undefined) continue;
				return {
					source,
					version: typeof row.version === 'string' ? row.version : 'user',
					provider: provider ?? query.provider ?? 'user',
					model,
					card,
					free: false,
					notes: [],
					tierApplied: true,
				};
			}
			return null;
		},
	};
}

function namesFor(query: PriceQuery): Array<{ provider: string | null; model: string }> {
	const candidates = modelCandidates(query.provider, query.model);
	const prefixed = candidates.map(({ provider, model }) => ({
		provider,
		model: `${provider}/${model}`,
	}));
	return [{ provider: query.provider, model: query.model }, ...candidates, ...prefixed];
}

function cardOf(row: JsonObject, tier: keyof typeof tierSuffix): RateCard {
	const card: RateCard = {};
	for (const [kind, field] of fields) {
		const suffix = tierSuffix[tier];
		const base = parseDecimal(row[field + suffix] ?? row[field], 18);
		if (base !== null) card[kind] = { base, tiers: tiersOf(row, field, suffix) };
	}
	return card;
}

/** `input_cost_per_token_above_200k_tokens`, with the service tier's suffix where it has one. */
function tiersOf(row: JsonObject, field: string, suffix: string): Rate['tiers'] {
	const tiers: Array<{ above: number; rate: bigint }> = [];
	for (const key of Object.keys(row)) {
		const size = new RegExp(`^${field}_above_(\\d+)k_tokens$`).exec(key)?.[1];
		if (size === undefined) continue;
		const rate = parseDecimal(row[key + suffix] ?? row[key], 18);
		if (rate !== null) tiers.push({ above: Number(size) * 1000, rate });
	}
	return tiers;
}
