import type { Reservation } from '../core/budget/budget';
import type { LedgerCall } from '../core/ledger/call';
import { ledgerCall } from '../core/ledger/call';
import type { CurrencyRate } from '../core/price/currency';
import { inCurrency } from '../core/price/currency';
import { usdFromNano } from '../core/price/money';
import type { UsageReading } from '../core/usage/reading';
import { recogniseUsage } from '../core/usage/recognise';
import type { UsageRecord } from '../core/usage/record';
import { addUsage, inputTotal, outputTotal, unknownUsage } from '../core/usage/record';
import type { PriceBook } from '../ports/PriceBook';
import type { PricedCall } from './priceCall';
import type { PricedReply, ReplyHints } from './priceReply';
import { priceReadings } from './priceReply';

/** What one part of an item replied, and under which id it is booked. */
export interface TrackPart {
	id: string;
	response: unknown;
	hints: ReplyHints;
	/** The usage in the response, where it has been read already. */
	readings?: readonly UsageReading[];
}

/** A reply to be priced and booked; several parts are several calls of one item. */
export interface TrackRequest {
	parts: readonly TrackPart[];
	/** The answer came from the response cache, whatever the reply itself says. */
	isHit: boolean;
	workflow: string;
	namespace: string;
	tags: readonly string[];
	prompt: string;
	/** How long the call or the hit took, where known. */
	latencyMs: number | null;
	/** What the original call took longer than the hit. */
	savedLatencyMs: number;
	overheadNanoUsd: number;
	settles: readonly Reservation[];
}

export interface TrackOptions {
	atMs: number;
	currency: CurrencyRate;
	localNanoUsdPerHour: number;
}

/** What the node writes on an item as `cost`. Money in USD, `amount` in the user's currency. */
export interface CostField {
	usd: number | null;
	currency: string;
	amount: number | null;
	usage: UsageRecord;
	rates: { source: string; version: string };
	estimated: boolean;
	cacheHit: boolean;
	avoidedUsd: number | null;
	providerCache: { hitRate: number | null; savedUsd: number | null };
	model: string | null;
	provider: string | null;
	/** What the user should know, e.g. how to get a price for an unknown model. */
	hints: string[];
}

/** One call of a reply, as it is booked and as it was read. */
export interface TrackedCall {
	call: LedgerCall;
	/** Undefined for a hit whose stored answer tells no usage. */
	read?: { reading: UsageReading; priced: PricedCall };
}

export interface Tracked {
	cost: CostField;
	/** To be booked; empty where nothing was understood. */
	calls: TrackedCall[];
}

/** Prices what a request holds and says what to book for it. */
export function track(request: TrackRequest, book: PriceBook, options: TrackOptions): Tracked {
	const parts = request.parts.map(({ id, response, hints, readings: known }) => {
		const found = known ?? recogniseUsage(response);
		const readings = request.isHit ? found.map((one) => ({ ...one, cacheHit: true })) : found;
		return { id, priced: priceReadings(readings, book, options, hints) };
	});
	const calls = parts.flatMap(({ id, priced }) => callsOf(request, options, id, priced));
	if (request.isHit && calls.length === 0) calls.push({ call: hitWithoutUsage(request, options) });
	return {
		cost: costField(
			request,
			parts.map(({ priced }) => priced),
			options,
		),
		calls,
	};
}

function callsOf(
	request: TrackRequest,
	{ atMs }: TrackOptions,
	id: string,
	{ calls }: PricedReply,
): TrackedCall[] {
	return calls.map(({ reading, priced }, index) => {
		const isFirst = index === 0;
		const isHit = reading.cacheHit;
		const { usage } = reading;
		const { workflow, namespace, tags, prompt } = request;
		const call = ledgerCall({
			provider: priced.provider ?? '',
			model: priced.model ?? '',
			workflow,
			namespace,
			tags,
			prompt,
			id: `${id}:${index}`,
			atMs,
			kind: isHit ? 'hit' : 'call',
			costNanoUsd: priced.nanoUsd,
			avoidedNanoUsd: isHit ? priced.listNanoUsd : null,
			overheadNanoUsd: isFirst ? request.overheadNanoUsd : 0,
			providerSavedNanoUsd: priced.providerCacheSavedNanoUsd ?? 0,
			inputTokens: inputTotal(usage) ?? 0,
			cacheReadTokens: usage.cacheRead ?? 0,
			cacheWriteTokens: (usage.cacheWrite5m ?? 0) + (usage.cacheWrite1h ?? 0),
			outputTokens: outputTotal(usage) ?? 0,
			latencyMs: isFirst ? (request.latencyMs ?? reading.durationMs) : reading.durationMs,
			savedLatencyMs: isHit && isFirst ? request.savedLatencyMs : 0,
			settles: isFirst ? request.settles : [],
		});
		return { call, read: { reading, priced } };
	});
}

/** A hit whose stored answer tells no usage: it is counted, its saving is unknown. */
function hitWithoutUsage(request: TrackRequest, { atMs }: TrackOptions): LedgerCall {
	const { workflow, namespace, tags, prompt } = request;
	const { overheadNanoUsd, latencyMs, savedLatencyMs, settles } = request;
	return ledgerCall({
		id: `${request.parts[0]?.id ?? ''}:0`,
		atMs,
		kind: 'hit',
		workflow,
		namespace,
		tags,
		prompt,
		costNanoUsd: 0,
		overheadNanoUsd,
		latencyMs,
		savedLatencyMs,
		settles,
	});
}

function costField(
	request: TrackRequest,
	replies: readonly PricedReply[],
	{ currency }: TrackOptions,
): CostField {
	const calls = replies.flatMap((reply) => reply.calls);
	const usage =
		calls.length === 0 ? unknownUsage() : addUsage(calls.map(({ reading }) => reading.usage));
	const isHit =
		request.isHit || (calls.length > 0 && calls.every(({ reading }) => reading.cacheHit));
	const nanoUsd = isHit ? 0 : sumOrNull(calls.map(({ priced }) => priced.nanoUsd));
	const avoided = sumOrNull(calls.map(({ priced }) => priced.listNanoUsd));
	const input = inputTotal(usage);
	const first = calls[0]?.priced;
	const source = unique(replies.map((reply) => reply.source).filter((text) => text !== ''));
	return {
		usd: usdOrNull(nanoUsd),
		currency: currency.currency,
		amount: nanoUsd === null ? null : inCurrency(nanoUsd, currency),
		usage,
		rates: {
			source: isHit && calls.length === 0 ? 'response cache' : source.join(', '),
			version: unique(calls.map(({ priced }) => priced.version).filter((text) => text !== '')).join(
				', ',
			),
		},
		estimated: calls.some(({ priced }) => priced.estimated),
		cacheHit: isHit,
		avoidedUsd: isHit ? usdOrNull(avoided) : 0,
		providerCache: {
			hitRate:
				input === null || input === 0 || usage.cacheRead === null ? null : usage.cacheRead / input,
			savedUsd: isHit
				? 0
				: usdOrNull(sumOrNull(calls.map(({ priced }) => priced.providerCacheSavedNanoUsd))),
		},
		model: first?.model ?? null,
		provider: first?.provider ?? null,
		hints: hintsOf(
			calls.map(({ priced }) => priced),
			nanoUsd,
		),
	};
}

function hintsOf(
	priced: ReadonlyArray<{ source: string; notes: readonly string[]; nanoUsd: number | null }>,
	nanoUsd: number | null,
): string[] {
	const hints = unique(
		priced.flatMap(({ notes }) => notes.filter((note) => /reported|priced as standard/.test(note))),
	);
	if (nanoUsd !== null) return hints;
	if (priced.length === 0) {
		return [
			'No token usage found: give the field with the whole reply of the provider in "Usage From"',
		];
	}
	const open = unique(priced.filter((one) => one.nanoUsd === null).map(({ source }) => source));
	return [...hints, ...open.map((reason) => `${sentence(reason)}: see "Model" and "Price Table"`)];
}

function sentence(reason: string): string {
	const text = reason.replace(/^unknown: /, '');
	return text.slice(0, 1).toUpperCase() + text.slice(1);
}

function sumOrNull(values: ReadonlyArray<number | null>): number | null {
	if (values.length === 0 || values.some((value) => value === null)) return null;
	return values.reduce((sum: number, value) => sum + (value ?? 0), 0);
}

function usdOrNull(nanoUsd: number | null): number | null {
	return nanoUsd === null ? null : usdFromNano(nanoUsd);
}

function unique(texts: readonly string[]): string[] {
	return [...new Set(texts)];
}
