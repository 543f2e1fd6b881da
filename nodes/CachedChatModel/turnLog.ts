import { NodeConnectionTypes, type IDataObject, type ISupplyDataFunctions } from 'n8n-workflow';
import type { ChatRecord } from '../shared/core/chat/chatAnswer';
import { providerOf } from '../shared/core/chat/providers';
import type { JsonObject } from '../shared/core/json';
import { decisionSpan } from '../shared/core/trace/decisionSpan';
import { bundledPriceBook } from '../shared/drivers/prices/bundled';
import type { TracedRun } from '../shared/langchain/callTracers';
import type { TurnLog } from '../shared/langchain/cachedTurn';
import type { Route } from '../shared/langchain/modelCall';
import type { Connection } from '../shared/n8n/connections';
import { toNodeError } from '../shared/n8n/nodeErrors';
import { environmentSink, sendTrace, traceFrom } from '../shared/n8n/traces';
import type { PriceBook } from '../shared/ports/PriceBook';
import { rememberQuotes } from '../shared/services/cachedPrices';
import type { AskedTurn } from '../shared/services/chatTurn';
import { callSpans } from '../shared/services/callSpans';
import type { CostField, Tracked, TrackedCall } from '../shared/services/track';
import { bookTurn } from './bookTurn';

export interface TurnLogSettings {
	namespace: string;
	tags: readonly string[];
	/** Undefined where nothing is booked. */
	ledger: (() => Promise<Connection>) | undefined;
	/** Told of every answer: which model gave it. */
	answered(request: JsonObject, record: ChatRecord, route: Route): void;
}

let book: PriceBook | undefined;
const type = NodeConnectionTypes.AiLanguageModel;

/** Writes one turn into the node's own run data: what was asked, what the cache did, what it cost or saved. */
export function beginTurn(
	ctx: ISupplyDataFunctions,
	settings: TurnLogSettings,
	request: JsonObject,
	route: Route | undefined,
): TurnLog {
	const begunAtMs = performance.now();
	/** The call that is under way, and those before it in the same turn whose answers did not do. */
	let asked = { request, route };
	let startedAtMs = begunAtMs;
	let cascade: JsonObject | undefined;
	const refusedCalls: Array<{ calls: readonly TrackedCall[]; endMs: number }> = [];
	const { messages, tools, ...parameters } = request;
	const input = { messages, tools: Array.isArray(tools) ? tools.length : 0, options: parameters };
	const { index } = ctx.addInputData(type, [[{ json: input as IDataObject }]]);
	const end = (json: JsonObject): void => {
		const { route: by } = asked;
		const task = by && { ...by.task, tier: by.tier, reasons: by.reasons };
		const whole = { ...json, ...(task ? { task } : {}), ...(cascade ? { cascade } : {}) };
		ctx.addOutputData(type, index, [[{ json: whole as IDataObject }]]);
	};
	const booked = (
		record: ChatRecord,
		run: TracedRun | undefined,
		saved: number | null,
		step = '',
		overheadUsd = 0,
	): Tracked => {
		const elapsedMs = performance.now() - startedAtMs;
		const isHit = saved !== null;
		const { escalated } = record;
		return bookTurn(
			ctx,
			{
				node: run?.node ?? ctx.getNode().name + step,
				run: run?.run ?? index,
				isHit,
				reply: paidReply(record),
				model: escalated?.model ?? textOf(asked.request.model),
				provider: escalated?.provider ?? providerOf(asked.request),
				namespace: settings.namespace,
				tags: settings.tags,
				latencyMs: elapsedMs,
				savedLatencyMs: isHit ? Math.max(0, saved - elapsedMs) : 0,
				overheadUsd,
			},
			(book ??= rememberQuotes(bundledPriceBook())),
			settings.ledger,
		);
	};
	const cacheOf = (turn: AskedTurn): JsonObject => ({
		status: turn.status,
		hit: false,
		layer: null,
		key: turn.key,
		namespace: settings.namespace,
		backend: ctx.getNodeParameter('backend', 0) as string,
		reasons: turn.reasons,
		lookupMs: turn.lookupMs,
	});
	const trace = (cache: JsonObject, calls: readonly TrackedCall[] = []): void =>
		sendTrace(environmentSink(), () => {
			const endMs = Date.now();
			const startMs = endMs - (performance.now() - begunAtMs);
			const lookedUp = { startMs, endMs: startMs + Number(cache.lookupMs) };
			const { status, key } = cache;
			const lookup = { 'prompt_cache.status': String(status), 'prompt_cache.key': String(key) };
			const spans = [...refusedCalls, { calls, endMs }].flatMap((made) =>
				callSpans(made.calls, { endMs: made.endMs, cache: lookup }),
			);
			return traceFrom(ctx, [decisionSpan(cache, lookedUp), ...spans]);
		});
	/** A conversation goes on with the model that answered, also where the answer is served again. */
	const remember = (record: ChatRecord): void => {
		const { route: by } = asked;
		if (by) settings.answered(request, record, record.escalated ? { ...by, tier: 'large' } : by);
	};
	return {
		index,
		served(turn, { record, status, ageMs, ttlMs, latencyMs, nearness }) {
			const { cost } = booked(record, undefined, latencyMs ?? 0);
			const saved = { tokens: total(cost), usd: cost.avoidedUsd, latencyMs };
			const cache = {
				...cacheOf(turn),
				status,
				hit: true,
				layer: nearness ? 'semantic' : 'exact',
				similarity: nearness?.similarity ?? null,
				...(nearness ? { matchedPrompt: nearness.matchedPrompt } : {}),
				ageSeconds: Math.round(ageMs / 1000),
				ttlSeconds: Math.round((ttlMs - ageMs) / 1000),
				saved,
			};
			end({
				response: { ...shown(record), ...paidReply(record) },
				cache,
				cost: cost as unknown as JsonObject,
			});
			trace(cache);
			remember(record);
		},
		answered(turn, { record }, stored, run) {
			const judge = stored.stored ? stored.judge : undefined;
			const { cost, calls } = booked(record, run, null, '', judge?.usd ?? 0);
			end({
				response: shown(record),
				cache: {
					...cacheOf(turn),
					stored: stored.stored,
					sizeBytes: stored.stored ? stored.sizeBytes : null,
					reasons: [...new Set([...turn.reasons, ...stored.reasons])],
					...(judge && { judge: { ...judge } }),
					saved: { tokens: 0, usd: 0, latencyMs: 0 },
				},
				cost: cost as unknown as JsonObject,
			});
			trace(cacheOf(turn), calls);
			remember(record);
		},
		escalated(next, reasons, refused, run) {
			const small = refused && booked(refused.record, run, null, ' (small model)');
			if (small) refusedCalls.push({ calls: small.calls, endMs: Date.now() });
			cascade = {
				asked: ['small', 'large'],
				reasons,
				smallAnswer: refused ? shown(refused.record) : null,
				smallCost: (small?.cost ?? null) as unknown as JsonObject | null,
			};
			asked = next;
			startedAtMs = performance.now();
		},
		failed: (error) => ctx.addOutputData(type, index, toNodeError(ctx.getNode(), error)),
	};
}

/** What the provider said of tokens and model, in LangChain's shape, which the price book's readers know. */
export function paidReply({ message, usage }: ChatRecord): JsonObject {
	return { usage_metadata: usage, response_metadata: message.response_metadata };
}

const shown = ({ text, message, finish_reason: finishReason }: ChatRecord): JsonObject => ({
	text,
	...(message.tool_calls.length > 0 ? { tool_calls: message.tool_calls } : {}),
	finish_reason: finishReason,
});

const textOf = (value: unknown): string | undefined =>
	typeof value === 'string' ? value : undefined;

function total({ usage }: CostField): number | null {
	const counts = Object.values(usage).filter((count): count is number => count !== null);
	return counts.length === 0 ? null : counts.reduce((sum, count) => sum + count, 0);
}
