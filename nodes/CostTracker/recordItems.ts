import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { StoreUnavailable } from '../shared/core/errors';
import type { JsonObject } from '../shared/core/json';
import type { LedgerCall } from '../shared/core/ledger/call';
import { nanoFromUsd } from '../shared/core/price/money';
import { isObject } from '../shared/core/usage/json';
import { openBackend } from '../shared/n8n/backend';
import {
	costFields,
	hitMark,
	inEither,
	marksOf,
	marksOn,
	notBooked,
} from '../shared/n8n/costFields';
import { readLease } from '../shared/n8n/lease';
import { failedItem } from '../shared/n8n/nodeErrors';
import { withLedger } from '../shared/n8n/openLedger';
import { perItem } from '../shared/n8n/parameters';
import { reservationReader } from '../shared/n8n/upstreamBudget';
import type { UpstreamCache } from '../shared/n8n/upstreamLookup';
import { upstreamCache, upstreamLookupName } from '../shared/n8n/upstreamLookup';
import type { Tracked, TrackRequest } from '../shared/services/track';
import { track } from '../shared/services/track';
import { ESTIMATED, usageEstimator } from './estimateReadings';
import { addToExecution } from './executionData';
import { eachOf, equalHitsReader } from './equalHits';
import { hitMarkOf, usageReader } from './readUsage';
import type { TrackerOptions } from './settings';
import {
	currencyOf,
	defaultTimeoutMs,
	nanoFromParameter,
	optionsOf,
	priceBookOf,
} from './settings';
import { traceItems } from './traceItems';

type Result =
	| { tracked: Tracked; marks: string[]; cache: UpstreamCache | undefined; others: LedgerCall[] }
	| { isBooked: true }
	| { error: unknown };

const BOOKED = 'A Cost Tracker before this one booked it: it is shown here, and not booked again';

const fieldOf = ({ outputField }: TrackerOptions): string => outputField || 'cost';

/** Operation `record`: prices each item, books all of them in one round trip, passes them through. */
export async function recordItems(
	ctx: IExecuteFunctions,
	items: INodeExecutionData[],
): Promise<INodeExecutionData[]> {
	const options = optionsOf(ctx);
	const results = await trackAll(ctx, items, options);
	const calls = results.flatMap((result) =>
		'tracked' in result ? [...result.tracked.calls.map(({ call }) => call), ...result.others] : [],
	);
	const booked = await book(ctx, calls, options);
	const fresh = new Set(newCalls(calls, booked));
	if (options.executionData !== false) addToExecution(ctx, [...fresh]);
	const untraced = await traceItems(
		ctx,
		tracedItems(results),
		({ call }) => fresh.has(call),
		Date.now(),
	);

	const field = fieldOf(options);
	return results.map((result, index) => {
		if ('error' in result) return failedItem(ctx, result.error, index);
		const { json, binary } = items[index] ?? { json: {} };
		const pairedItem = { item: index };
		if ('isBooked' in result) return { json, binary, pairedItem };
		const { cost } = result.tracked;
		const hints = [
			...cost.hints,
			...(booked.kind === 'failed' ? [booked.reason] : []),
			...(untraced === undefined ? [] : [untraced]),
		];
		const written = { ...cost, hints, booked: result.marks } as unknown as IDataObject;
		return { json: { ...json, [field]: written }, binary, pairedItem };
	});
}

async function trackAll(
	ctx: IExecuteFunctions,
	items: INodeExecutionData[],
	options: TrackerOptions,
): Promise<Result[]> {
	const book = priceBookOf(options);
	const field = fieldOf(options);
	const settings = {
		atMs: Date.now(),
		currency: currencyOf(options),
		localNanoUsdPerHour: nanoFromParameter(options.localUsdPerHour, 'Local Machine (USD per Hour)'),
	};
	const read = requestReader(ctx, settings.atMs);
	const equalHits = equalHitsReader(ctx);
	const estimated = options.estimateTokens === true ? usageEstimator(ctx) : undefined;
	const results: Result[] = [];
	for (const [index, item] of items.entries()) {
		try {
			const { request: asked, isBooked: isKnown, isFromRuns, cache } = read(item, index);
			const request = estimated && !isKnown ? await estimated(asked, item, index) : asked;
			const readings = request.parts.flatMap((part) => part.readings ?? []);
			const before = marksOn(item.json as JsonObject);
			const isEstimated = request !== asked;
			const isBooked =
				isKnown || (isEstimated && !request.isHit && notBooked(readings, before).length === 0);
			if (isBooked && costFields(item.json as JsonObject).has(field)) {
				results.push({ isBooked });
				continue;
			}
			const tracked = track(request, book, settings);
			if (isEstimated) tracked.cost.hints.push(ESTIMATED);
			if (isBooked) {
				tracked.cost.hints.push(BOOKED);
				results.push({ tracked: { ...tracked, calls: [] }, marks: before, cache, others: [] });
				continue;
			}
			const hit = hitMarkOf(item);
			const marks =
				request.isHit && hit !== undefined
					? inEither(before, [...marksOf(readings), hit])
					: [...before, ...marksOf(readings)];
			const isAnswered = isFromRuns || tracked.calls.length > 0;
			const equal = isAnswered ? equalHits(item, index, request, isFromRuns) : undefined;
			let others: LedgerCall[] = [];
			if (equal) {
				marks.push(hitMark(equal.key));
				const { calls } = track(equal.request, book, settings);
				others = eachOf(
					calls.map(({ call }) => call),
					equal.ids,
				);
			}
			results.push({ tracked, marks, cache, others });
		} catch (error) {
			results.push({ error });
		}
	}
	return results;
}

interface ReadItem {
	request: TrackRequest;
	isBooked: boolean;
	isFromRuns: boolean;
	cache: UpstreamCache | undefined;
}

function requestReader(
	ctx: IExecuteFunctions,
	nowMs: number,
): (item: INodeExecutionData, index: number) => ReadItem {
	const usage = usageReader(ctx);
	const reservations = reservationReader(ctx);
	const lookup = upstreamLookupName(ctx);
	const namespace = perItem(ctx, 'namespace', '');
	const tags = perItem<unknown>(ctx, 'tags', '');
	const prompt = perItem(ctx, 'promptName', '');
	const options = perItem<TrackerOptions>(ctx, 'options', {});
	const workflow = ctx.getWorkflow().name ?? '';
	return (item, index) => {
		const { latencyMs, overheadUsd } = options(index);
		const cache = upstreamCache(ctx, item, index, lookup);
		const { parts, isBooked, isHit, isFromRuns = false } = usage(item, index);
		const measured = isHit ? numberAt(item, 'lookupMs') : sinceLease(cache?.lease, nowMs);
		const overhead = nanoFromParameter(overheadUsd, 'Cache Overhead (USD)');
		const request = {
			parts,
			isHit,
			workflow,
			namespace: namespace(index) || cache?.namespace || 'default',
			tags: tagList(tags(index)),
			prompt: prompt(index),
			latencyMs: given(latencyMs) ?? measured,
			savedLatencyMs: isHit ? Math.max(0, (savedLatency(item) ?? 0) - (measured ?? 0)) : 0,
			overheadNanoUsd: overhead + (isFromRuns ? 0 : judgeNanoUsd(item)),
			settles: reservations(item, index),
		};
		return { request, isBooked, isFromRuns, cache };
	};
}

type Booking = { kind: 'booked'; isNew: boolean[] } | { kind: 'failed'; reason: string };

async function book(
	ctx: IExecuteFunctions,
	calls: readonly LedgerCall[],
	options: TrackerOptions,
): Promise<Booking> {
	if (calls.length === 0) return { kind: 'booked', isNew: [] };
	try {
		const connection = await openBackend(ctx);
		const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
		const isNew = await withLedger(connection, (ledger) => ledger.record(calls), timeoutMs);
		return { kind: 'booked', isNew };
	} catch (error) {
		if (!(error instanceof StoreUnavailable) || options.onBackendError === 'fail') throw error;
		ctx.logger.warn(`Cost Tracker: ${calls.length} calls are not booked: ${error.message}`);
		return { kind: 'failed', reason: `Not booked, the backend is not available: ${error.message}` };
	}
}

function tracedItems(results: Result[]) {
	return results.flatMap((result, index) =>
		'tracked' in result ? [{ index, cache: result.cache, calls: result.tracked.calls }] : [],
	);
}

function newCalls(calls: LedgerCall[], booking: Booking): LedgerCall[] {
	return booking.kind === 'failed' ? calls : calls.filter((_, index) => booking.isNew[index]);
}

function numberAt(item: INodeExecutionData, name: string): number | null {
	const cache: unknown = item.json.cache;
	const value = isObject(cache) ? cache[name] : undefined;
	return typeof value === 'number' ? value : null;
}

/** What a judge cost that Cache Store asked about this item's answer. */
function judgeNanoUsd(item: INodeExecutionData): number {
	const cache: unknown = item.json.cache;
	const judge = isObject(cache) ? cache.judge : undefined;
	const usd = isObject(judge) ? judge.usd : undefined;
	return typeof usd === 'number' && usd > 0 ? (nanoFromUsd(usd) ?? 0) : 0;
}

function savedLatency(item: INodeExecutionData): number | null {
	const cache: unknown = item.json.cache;
	const saved = isObject(cache) ? cache.saved : undefined;
	const value = isObject(saved) ? saved.latencyMs : undefined;
	return typeof value === 'number' ? value : null;
}

/** From the lookup that missed until now: the call itself, where this node follows it. */
function sinceLease(lease: string | undefined, nowMs: number): number | null {
	const startedAtMs = readLease(lease)?.startedAtMs;
	return startedAtMs === undefined ? null : Math.max(0, nowMs - startedAtMs);
}

function given(value: unknown): number | null {
	const number = value === '' || value === undefined ? Number.NaN : Number(value);
	return Number.isFinite(number) && number >= 0 ? number : null;
}

function tagList(tags: unknown): string[] {
	return Array.isArray(tags) ? tags.map(String) : String(tags ?? '').split(',');
}
