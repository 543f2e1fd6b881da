import { LRUCache } from 'lru-cache';
import type { IExecuteFunctions } from 'n8n-workflow';
import { decisionSpan } from '../shared/core/trace/decisionSpan';
import { defined, type Span } from '../shared/core/trace/trace';
import { readLease } from '../shared/n8n/lease';
import { runsOf } from '../shared/n8n/subNodeRuns';
import { collectorSink, environmentSink, sendTrace, traceFrom } from '../shared/n8n/traces';
import { upstreamLookupName, type UpstreamCache } from '../shared/n8n/upstreamLookup';
import { callSpans } from '../shared/services/callSpans';
import type { TrackedCall } from '../shared/services/track';
import { readTraceTarget } from './traceTarget';

/** What traces need to know of an item. */
export interface TracedItem {
	index: number;
	/** The lookup before it, where there was one. */
	cache: UpstreamCache | undefined;
	calls: readonly TrackedCall[];
}

/**
 * Sends spans of recorded items. To the collector of the node go the calls and what Cache Lookup decided before them;
 * to that of the environment only calls that nobody sent before, since there every node sends its own.
 * @param isNew whether a call was booked just now
 * @returns what the user should know: why nothing arrives
 */
export async function traceItems(
	ctx: IExecuteFunctions,
	items: readonly TracedItem[],
	isNew: (call: TrackedCall) => boolean,
	nowMs: number,
): Promise<string | undefined> {
	sendTrace(environmentSink(), () =>
		traceFrom(
			ctx,
			items.flatMap((item) => spansOf({ ...item, calls: item.calls.filter(isNew) }, nowMs)),
		),
	);
	const found = await readTraceTarget(ctx);
	if (found.kind === 'none') return undefined;
	if (found.kind === 'unusable') return found.reason;
	const sink = collectorSink(found.target);
	// In a loop the lookup decides again about the same key at the same place: its round tells them apart.
	const round = runsOf(ctx, upstreamLookupName(ctx));
	const lookups = `${found.target.url} ${ctx.getExecutionId()} ${round}`;
	sendTrace(sink, () =>
		traceFrom(
			ctx,
			items.flatMap((item) => [...decisionOf(lookups, item, nowMs), ...spansOf(item, nowMs)]),
		),
	);
	const { problem } = sink.figures();
	return problem && `Traces did not arrive: ${problem}`;
}

/** The calls of an item. A hit of Cache Lookup is no call: it is the lookup's decision. */
function spansOf({ cache, calls }: TracedItem, endMs: number): Span[] {
	const told = isServed(cache) ? calls.filter(({ call }) => call.kind === 'call') : calls;
	const lookup = cache
		? defined({ 'prompt_cache.status': cache.status, 'prompt_cache.key': cache.key })
		: {};
	return callSpans(told, { endMs, cache: lookup });
}

/** Several Cost Trackers may follow one lookup: its decision is told once to each collector. */
const told = new LRUCache<string, true>({ max: 10_000 });

function decisionOf(lookups: string, { index, cache }: TracedItem, nowMs: number): Span[] {
	if (!cache) return [];
	const name = `${lookups} ${index} ${cache.key}`;
	if (told.has(name)) return [];
	told.set(name, true);
	const { lookupMs } = cache.whole;
	const tookMs = typeof lookupMs === 'number' ? lookupMs : 0;
	const startMs = readLease(cache.lease)?.startedAtMs ?? nowMs - tookMs;
	return [decisionSpan(cache.whole, { startMs, endMs: startMs + tookMs })];
}

const isServed = (cache: UpstreamCache | undefined): boolean =>
	cache?.status === 'hit' || cache?.status === 'stale';
