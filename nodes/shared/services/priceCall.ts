import { costOf } from '../core/price/cost';
import { modelCandidates } from '../core/price/modelName';
import { nanoFromUsd } from '../core/price/money';
import type { UsageReading } from '../core/usage/reading';
import type { PriceBook, PriceQuote } from '../ports/PriceBook';

/** What a call cost and where that is known from. */
export interface PricedCall {
	/** Nano-USD, or null when unknown; 0 only when nothing was billed. */
	nanoUsd: number | null;
	/** Where the price came from, or why there is none. */
	source: string;
	version: string;
	/** Provider and model by the names of the price source, else as reported. */
	provider: string | null;
	model: string | null;
	estimated: boolean;
	/** The same usage at list price, to compare with a reported cost and to value a cache hit. */
	listNanoUsd: number | null;
	/** What the provider's own prompt cache saved; negative when its writes cost more. */
	providerCacheSavedNanoUsd: number | null;
	/** Things the user should know: a tier without a rate, a reported cost that differs. */
	notes: string[];
}

export interface PriceOptions {
	/** Time of the call, ms since 1970. */
	atMs: number;
	/** What an hour of the user's own machine costs, nano-USD; 0 where it is not counted. */
	localNanoUsdPerHour?: number;
}

const msPerHour = 3_600_000;

/**
 * Prices one call. A hit of a response cache costs 0; then the cost that the answering side
 * reported; then the user's own machine; then the price book. What stays open is null, not 0.
 */
export function priceCall(call: UsageReading, book: PriceBook, options: PriceOptions): PricedCall {
	const list = atListPrice(call, book, options.atMs);
	const known = { ...list, listNanoUsd: list.nanoUsd };
	if (call.cacheHit) {
		return { ...known, nanoUsd: 0, source: 'response cache', version: '', notes: [] };
	}
	if (call.broken.length > 0) {
		const reason = `unknown: ${call.broken.join(', ')} is not a token count`;
		return { ...known, nanoUsd: null, listNanoUsd: null, source: reason };
	}
	const reported = call.reportedCost === null ? null : nanoFromUsd(call.reportedCost.usd);
	if (reported !== null && !isMissingLiteLlmPrice(call, reported, list.nanoUsd)) {
		return {
			...known,
			nanoUsd: reported,
			source: 'provider-reported',
			version: call.reportedCost?.by ?? '',
			notes: comparison(reported, list),
		};
	}
	if (isLocal(call)) return { ...known, ...localCost(call, options) };
	return known;
}

function atListPrice(
	call: UsageReading,
	book: PriceBook,
	atMs: number,
): Omit<PricedCall, 'listNanoUsd'> {
	const said = { provider: call.provider, model: call.model, version: '', notes: [] as string[] };
	const unknown = (reason: string): Omit<PricedCall, 'listNanoUsd'> => ({
		...said,
		nanoUsd: null,
		source: `unknown: ${reason}`,
		estimated: call.estimated,
		providerCacheSavedNanoUsd: null,
	});
	if (call.model === null) return unknown('the reply names no model');
	const quote = book.quote({
		provider: call.provider,
		model: call.model,
		atMs,
		serviceTier: call.serviceTier,
		modifiers: call.modifiers,
	});
	if (quote === null) return unknown(`no price for model ${call.model}`);
	const cost: ReturnType<typeof costOf> = quote.free
		? { kind: 'priced', nanoUsd: 0, providerCacheSavedNanoUsd: 0 }
		: costOf(call.usage, call.details, quote.card);
	if (cost.kind === 'unknown') return unknown(cost.reason);
	return {
		nanoUsd: cost.nanoUsd,
		source: quote.source,
		version: quote.version,
		provider: quote.provider,
		model: call.model,
		estimated: call.estimated || isTierUnpriced(quote),
		providerCacheSavedNanoUsd: cost.providerCacheSavedNanoUsd,
		notes: quote.notes,
	};
}

function isTierUnpriced(quote: PriceQuote): boolean {
	return quote.notes.some((note) => note.endsWith('priced as standard'));
}

/** LiteLLM reports 0 for models it has no price for; only a cache hit is really free. */
function isMissingLiteLlmPrice(call: UsageReading, reported: number, list: number | null): boolean {
	return call.reportedCost?.by === 'litellm' && reported === 0 && (list ?? 0) > 0;
}

function comparison(reported: number, list: { nanoUsd: number | null; source: string }): string[] {
	if (list.nanoUsd === null || list.nanoUsd === reported) return [];
	return [`reported ${reported} nano-USD, ${list.source} says ${list.nanoUsd}`];
}

/** Ollama's own models run on the user's machine; those named "cloud" at Ollama. */
function isLocal(call: UsageReading): boolean {
	if (call.local) return true;
	const model = call.model ?? '';
	if (/[:-]cloud$/.test(model)) return false;
	// Ollama's own way to name a size: llama3.2:latest, qwen2.5:7b-instruct-q4_K_M
	if (call.provider === null && /^[\w./-]+:(latest|e?\d+(\.\d+)?[bm](-\S*)?)$/i.test(model))
		return true;
	return modelCandidates(call.provider, model).some(({ provider }) => provider === 'ollama');
}

function localCost(call: UsageReading, options: PriceOptions): Partial<PricedCall> {
	const perHour = options.localNanoUsdPerHour ?? 0;
	const provider = call.provider ?? 'ollama';
	if (perHour === 0) {
		return {
			nanoUsd: 0,
			listNanoUsd: 0,
			source: `local model (${provider}), free of charge`,
			provider,
			notes: [],
		};
	}
	if (call.durationMs === null) {
		return {
			nanoUsd: null,
			source: 'unknown: the local model reported no duration',
			provider,
			notes: [],
		};
	}
	const nanoUsd = Math.round((perHour * call.durationMs) / msPerHour);
	return { nanoUsd, listNanoUsd: nanoUsd, source: 'own machine by the hour', provider, notes: [] };
}
