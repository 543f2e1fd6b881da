import { NodeConnectionTypes, type IDataObject, type ISupplyDataFunctions } from 'n8n-workflow';
import type { ChatRecord } from '../shared/core/chat/chatAnswer';
import type { JsonObject } from '../shared/core/json';
import { bundledPriceBook } from '../shared/drivers/prices/bundled';
import type { TurnLog } from '../shared/langchain/cacheChatModel';
import { toNodeError } from '../shared/n8n/nodeErrors';
import type { PriceBook } from '../shared/ports/PriceBook';
import type { AskedTurn } from '../shared/services/chatCache';
import { priceReply, type PricedReply } from '../shared/services/priceReply';

const NANO = 1e9;
let book: PriceBook | undefined;

/** Writes one turn into the node's own run data: what was asked, what the cache did, what it cost or saved. */
export function beginTurn(
	ctx: ISupplyDataFunctions,
	namespace: string,
	request: JsonObject,
): TurnLog {
	const type = NodeConnectionTypes.AiLanguageModel;
	const backend = ctx.getNodeParameter('backend', 0) as string;
	const { messages, tools, ...parameters } = request;
	const input = { messages, tools: Array.isArray(tools) ? tools.length : 0, options: parameters };
	const { index } = ctx.addInputData(type, [[{ json: input as IDataObject }]]);
	const end = (json: JsonObject): void => {
		ctx.addOutputData(type, index, [[{ json: json as IDataObject }]]);
	};
	const cacheOf = (turn: AskedTurn): JsonObject => ({
		status: turn.status,
		hit: false,
		layer: null,
		key: turn.key,
		namespace,
		backend,
		reasons: turn.reasons,
		lookupMs: turn.lookupMs,
	});
	return {
		index,
		served(turn, { record, status, ageMs, ttlMs, latencyMs }) {
			const { usage, nanoUsd } = priced(record, request);
			end({
				response: shown(record),
				cache: {
					...cacheOf(turn),
					status,
					hit: true,
					layer: 'exact',
					ageSeconds: Math.round(ageMs / 1000),
					ttlSeconds: Math.round((ttlMs - ageMs) / 1000),
					saved: { tokens: total(usage), usd: usd(nanoUsd), latencyMs },
				},
				cost: { usd: 0, avoidedUsd: usd(nanoUsd), cacheHit: true, model: modelOf(request) },
			});
		},
		answered(turn, { record }, stored) {
			const reply = priced(record, request);
			const { usage, nanoUsd, source } = reply;
			end({
				response: shown(record),
				cache: {
					...cacheOf(turn),
					stored: stored.stored,
					...(stored.stored ? { sizeBytes: stored.sizeBytes } : {}),
					reasons: [...new Set([...turn.reasons, ...stored.reasons])],
					saved: { tokens: 0, usd: 0, latencyMs: 0 },
				},
				cost: {
					usd: usd(nanoUsd),
					cacheHit: false,
					source,
					model: modelOf(request),
					usage: { ...usage },
				},
			});
		},
		failed: (error) => ctx.addOutputData(type, index, toNodeError(ctx.getNode(), error)),
	};
}

function priced({ message, usage }: ChatRecord, request: JsonObject): PricedReply {
	book ??= bundledPriceBook();
	const reply = { usage_metadata: usage, response_metadata: message.response_metadata };
	const { model, provider } = request;
	return priceReply(
		reply,
		book,
		{ atMs: Date.now() },
		{
			model: typeof model === 'string' ? model : undefined,
			provider: typeof provider === 'string' ? providerOf(provider) : undefined,
		},
	);
}

/** LangChain's names of model kinds that differ from the price table's. */
const PROVIDERS: Record<string, string> = {
	'chat-anthropic': 'anthropic',
	googlegenerativeai: 'google',
	mistral_ai: 'mistral',
	mistralai: 'mistral',
	vertexai: 'google',
};

const providerOf = (type: string): string => PROVIDERS[type.toLowerCase()] ?? type;

const shown = ({ text, message, finish_reason: finishReason }: ChatRecord): JsonObject => ({
	text,
	...(message.tool_calls.length > 0 ? { tool_calls: message.tool_calls } : {}),
	finish_reason: finishReason,
});

const modelOf = ({ model }: JsonObject): string | null =>
	typeof model === 'string' ? model : null;

const usd = (nanoUsd: number | null): number | null => (nanoUsd === null ? null : nanoUsd / NANO);

function total(usage: PricedReply['usage']): number | null {
	const counts = Object.values(usage).filter((count) => count !== null);
	return counts.length === 0 ? null : counts.reduce((sum, count) => sum + count, 0);
}
