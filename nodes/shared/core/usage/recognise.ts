import { readAiSdk } from './aiSdk';
import { readAnthropic } from './anthropic';
import { readBedrock } from './bedrock';
import { readCohere } from './cohere';
import { parseReplyText } from './events';
import { readGemini, readGeminiInteraction } from './gemini';
import type { JsonObject } from './json';
import { child, firstText, isBroken, isObject } from './json';
import { readLangChain } from './langchain';
import { firstGeneration, readN8nTokens } from './n8nTokens';
import { readOllama } from './ollama';
import { readOpenAiChat } from './openAiChat';
import { readOpenAiResponses } from './openAiResponses';
import { isSummarySpan, readOtel } from './otel';
import type { UsageReading } from './reading';
import { assembleStream } from './stream';
import type { ReplyContext } from './unwrap';
import { contextOf, innerValues, noContext } from './unwrap';

const maxDepth = 8;

/**
 * Reads the token usage out of anything a provider, a framework or an n8n node hands over: a reply,
 * a list of stream chunks, SSE or NDJSON text, a wrapper around those, or several calls at once
 * (retries, spans, items), which come back as several readings.
 * @returns one reading per call; empty when no usage is understood
 */
export function recogniseUsage(value: unknown): UsageReading[] {
	return readAny(value, noContext, 0);
}

function readAny(value: unknown, context: ReplyContext, depth: number): UsageReading[] {
	if (depth > maxDepth) return [];
	if (typeof value === 'string') {
		const parsed = parseReplyText(value);
		return parsed === null ? [] : readAny(parsed, context, depth + 1);
	}
	if (Array.isArray(value)) return readList(value, context, depth);
	return isObject(value) ? readObject(value, context, depth) : [];
}

function readList(list: readonly unknown[], context: ReplyContext, depth: number): UsageReading[] {
	const objects = list.filter(isObject).map((entry) => (isItem(entry) ? entry.json : entry));
	const isStream = objects.length > 0 && !objects.every(isWholeReply);
	const assembled = isStream ? assembleStream(objects) : null;
	if (assembled !== null)
		return assembled.flatMap((reply) => readObject(reply, context, depth + 1));
	const spans = objects.filter((entry) => !isSummarySpan(entry));
	const calls = spans.length > 0 && spans.length < objects.length ? spans : list;
	return calls.flatMap((entry) => readAny(entry, context, depth + 1));
}

/** An n8n item as it stands in run data. */
function isItem(entry: JsonObject): entry is JsonObject & { json: JsonObject } {
	return isObject(entry.json);
}

/** A finished, unstreamed reply: a list of these is several calls, not one stream. */
function isWholeReply(entry: JsonObject): boolean {
	return (
		entry.object === 'chat.completion' ||
		entry.object === 'response' ||
		(entry.type === 'message' && 'stop_reason' in entry)
	);
}

function readObject(layer: JsonObject, outer: ReplyContext, depth: number): UsageReading[] {
	const context = contextOf(layer, outer);
	const direct = readReply(layer, context);
	if (direct !== null) return [direct];
	const spans = spansOf(layer);
	if (spans.length > 0) return readList(spans, context, depth + 1);
	return innerValues(layer).flatMap((inner) => readAny(inner, context, depth + 1));
}

/** Order matters where two shapes share names: the one with the surer signs is asked first. */
function readReply(layer: JsonObject, context: ReplyContext): UsageReading | null {
	const reply = withUsage(layer);
	const { headers } = context;
	const found =
		readLangChain(reply) ??
		readGeneration(reply) ??
		readGemini(reply) ??
		readGeminiInteraction(reply) ??
		readOllama(reply) ??
		readOpenAiChat(reply, headers) ??
		readOpenAiResponses(reply, headers) ??
		readAnthropic(reply, headers) ??
		readCohere(reply) ??
		readBedrock(reply) ??
		readN8nTokens(reply) ??
		readAiSdk(reply) ??
		readOtel(reply) ??
		readPlain(reply, headers);
	if (found === null) return null;
	return {
		...found,
		model: found.model ?? context.model,
		replyId: firstText(reply.id, reply.responseId, reply.created_at),
		serviceTier: context.batch && found.serviceTier === 'standard' ? 'batch' : found.serviceTier,
		cacheHit: found.cacheHit || context.cacheHit,
		broken: brokenCounts(reply),
	};
}

/** `input_tokens` and `output_tokens` alone: no cached part is told, so every reading agrees. */
function readPlain(reply: JsonObject, headers: JsonObject): UsageReading | null {
	return readOpenAiResponses({ object: 'response', ...reply }, headers);
}

/** A chat model's run in n8n: the message knows more than `tokenUsage`, where it was kept. */
function readGeneration(reply: JsonObject): UsageReading | null {
	const message = firstGeneration(
		child(reply, 'response').generations ?? reply.generations,
	).message;
	return isObject(message) ? readLangChain(message) : null;
}

/** A usage block handed over without its reply. */
function withUsage(layer: JsonObject): JsonObject {
	if (isObject(layer.usage)) return layer;
	if (isObject(layer.token_usage)) return { ...layer, usage: layer.token_usage };
	const bare = [
		'prompt_tokens',
		'input_tokens',
		'inputTokens',
		'promptTokens',
		'total_input_tokens',
	];
	if (bare.some((key) => key in layer)) return { ...layer, usage: layer };
	if ('promptTokenCount' in layer) return { ...layer, usageMetadata: layer };
	return layer;
}

function brokenCounts(reply: JsonObject): string[] {
	const broken: string[] = [];
	const walk = (value: unknown, path: string): void => {
		if (!isObject(value)) return;
		for (const [key, inner] of Object.entries(value)) {
			const here = path === '' ? key : `${path}.${key}`;
			if (isObject(inner)) walk(inner, here);
			else if (/(tokens|TokenCount|_count|Tokens)$/.test(key) && isBroken(inner)) broken.push(here);
		}
	};
	for (const key of ['usage', 'usageMetadata', 'usage_metadata', 'tokenUsage'])
		walk(reply[key], key);
	walk({ eval_count: reply.eval_count, prompt_eval_count: reply.prompt_eval_count }, '');
	return broken;
}

function spansOf(layer: JsonObject): JsonObject[] {
	const list = (value: unknown): JsonObject[] =>
		Array.isArray(value) ? value.filter(isObject) : [];
	return list(layer.resourceSpans)
		.flatMap((resource) => list(resource.scopeSpans))
		.flatMap((scope) => list(scope.spans));
}
