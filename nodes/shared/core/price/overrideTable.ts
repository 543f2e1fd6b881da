import { attoFromUsdPerMillion, parseFraction } from './money';
import type { ModelCandidate } from './modelName';
import type { RateCard, RateFactors, RateKind } from './rates';
import { rateKinds } from './rates';
import { isObject } from '../usage/json';
import type { JsonObject } from '../usage/json';
import type { ServiceTier } from '../usage/reading';

/** Prices in USD per million tokens by kind; searches and requests per million pieces. */
export type UsdPerMillion = Partial<Record<RateKind, number>>;

/** A price row that goes before the bundled list, for a time and, where given, hours of the day. */
export interface OverrideRow {
	provider: string;
	/** Model names; `*` at the end matches the rest. */
	models: string[];
	/** ISO time from which, and until (exclusive) which the row holds. */
	from?: string;
	until?: string;
	/** Days of the week in UTC, 0 is Sunday. */
	days?: number[];
	/** Hours of the day in UTC, end exclusive. */
	hours?: Array<[string, string]>;
	usdPerMtok: UsdPerMillion;
	/** Rates of the whole call above so many input tokens. */
	above?: { inputTokens: number; usdPerMtok: UsdPerMillion };
	source: string;
	checked: string;
}

/** A rate that follows from another where the list has none, e.g. Anthropic's one-hour writes. */
export interface DerivedRate {
	provider: string;
	models: string[];
	rate: RateKind;
	of: RateKind;
	factor: string;
	source: string;
}

/** What a service tier or another modifier does to all or some rates. */
export interface Surcharge {
	provider: string;
	models: string[];
	when: Exclude<ServiceTier, 'standard'> | `geo:${string}` | `speed:${string}`;
	factors: Partial<Record<RateKind | 'all', string>>;
	source: string;
}

export interface OverrideTable {
	version: string;
	rows: OverrideRow[];
	derived: DerivedRate[];
	surcharges: Surcharge[];
}

/** Checks the shape of a parsed override file. @returns null when it is not one */
export function readOverrideTable(value: unknown): OverrideTable | null {
	if (!isObject(value) || typeof value.version !== 'string') return null;
	const lists = [value.rows, value.derived, value.surcharges];
	if (!lists.every((list) => Array.isArray(list) && list.every(namesModels))) return null;
	return value as unknown as OverrideTable;
}

function namesModels(entry: unknown): boolean {
	return (
		isObject(entry) &&
		typeof entry.provider === 'string' &&
		Array.isArray((entry as JsonObject).models)
	);
}

/** Whether a row's `models` name this model; `*` at either end matches the rest. */
export function namesModel(models: readonly string[], model: string): boolean {
	const name = model.toLowerCase();
	return models.some((pattern) => {
		const plain = pattern.toLowerCase().replace(/^\*|\*$/g, '');
		const [open, close] = [pattern.startsWith('*'), pattern.endsWith('*')];
		if (open && close) return name.includes(plain);
		if (open) return name.endsWith(plain);
		return close ? name.startsWith(plain) : name === plain;
	});
}

/** Whether the row holds at that time. */
export function holdsAt(row: OverrideRow, atMs: number): boolean {
	if (row.from !== undefined && atMs < Date.parse(row.from)) return false;
	if (row.until !== undefined && atMs >= Date.parse(row.until)) return false;
	const at = new Date(atMs);
	if (row.days !== undefined && !row.days.includes(at.getUTCDay())) return false;
	const time = at.toISOString().slice(11, 16);
	return row.hours === undefined || row.hours.some(([start, end]) => time >= start && time < end);
}

/**
 * The first row that names one of the candidates and holds at that time. Where the provider is
 * open the model's name decides, but never for Bedrock, whose names repeat other houses' models.
 */
export function findRow(
	rows: readonly OverrideRow[],
	candidates: readonly ModelCandidate[],
	atMs: number,
): { row: OverrideRow; model: string } | null {
	for (const { provider, model } of candidates) {
		const row = rows.find(
			(entry) =>
				(provider === null ? entry.provider !== 'aws' : entry.provider === provider) &&
				namesModel(entry.models, model) &&
				holdsAt(entry, atMs),
		);
		if (row !== undefined) return { row, model };
	}
	return null;
}

export function cardOfRow(row: OverrideRow): RateCard {
	const card: RateCard = {};
	for (const kind of rateKinds) {
		const base = attoFromUsdPerMillion(row.usdPerMtok[kind]);
		if (base === null) continue;
		const above = attoFromUsdPerMillion(row.above?.usdPerMtok[kind]);
		const tiers = above === null ? [] : [{ above: row.above?.inputTokens ?? 0, rate: above }];
		card[kind] = { base, tiers };
	}
	return card;
}

/** The factors of the surcharge that fits, or null when the table knows none. */
export function surchargeFor(
	surcharges: readonly Surcharge[],
	provider: string,
	model: string,
	when: string,
): RateFactors | null {
	const found = surcharges.find(
		(entry) =>
			entry.provider === provider && entry.when === when && namesModel(entry.models, model),
	);
	if (found === undefined) return null;
	const factors: RateFactors = {};
	for (const [kind, text] of Object.entries(found.factors)) {
		const factor = parseFraction(text);
		if (factor !== null) factors[kind as RateKind | 'all'] = factor;
	}
	return factors;
}
