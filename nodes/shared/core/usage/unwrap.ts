import { parseReplyText } from './events';
import type { JsonObject } from './json';
import { child, firstText, isObject } from './json';

/** What surrounds a reply and matters for its price. */
export interface ReplyContext {
	headers: JsonObject;
	model: string | null;
	/** A line of a batch job's output file. */
	batch: boolean;
	cacheHit: boolean;
}

export const noContext: ReplyContext = { headers: {}, model: null, batch: false, cacheHit: false };

/** Keys under which no reply stands, or one that was billed elsewhere. */
const noReplies = new Set([
	'inputOverride',
	'request',
	'messages',
	'prompt',
	'headers',
	'cache',
	'cost',
	'budget',
	'estimate',
	'task',
	'tools',
	'options',
	'parameters',
	'config',
	'binary',
	'pairedItem',
	'intermediateSteps',
	'usage',
]);

/** Response caches in front of a provider say so in a header (names and values in lower case). */
const cacheHeaders: Record<string, RegExp> = {
	'x-openrouter-cache-status': /^hit$/i,
	'helicone-cache': /^hit$/i,
	'cf-aig-cache-status': /^hit$/i,
	'x-portkey-cache-status': /^(semantic )?hit$/i,
	'x-litellm-cache-hit': /^true$/i,
	// Only there on a hit, whose cost header still tells what the call would have cost (proxy 1.106, 2026-11).
	'x-litellm-cache-key': /./,
};

/** What this layer adds to the context. */
export function contextOf(layer: JsonObject, outer: ReplyContext): ReplyContext {
	const own = [layer.headers, layer.response_headers, layer._response_headers].find(isObject);
	const headers = own === undefined ? outer.headers : { ...outer.headers, ...lowerCased(own) };
	return {
		headers,
		model:
			outer.model ??
			firstText(layer.model, layer.modelId, child(layer, 'request').model, modelOfRun(layer)),
		batch: outer.batch || isBatchLine(layer),
		cacheHit: outer.cacheHit || saysCacheHit(layer, headers),
	};
}

/** LiteLLM names the cache key of a hit, and reports a cost of 0 for it. */
function isLiteLlmHit(headers: JsonObject): boolean {
	return 'x-litellm-cache-key' in headers && Number(headers['x-litellm-response-cost']) === 0;
}

function saysCacheHit(layer: JsonObject, headers: JsonObject): boolean {
	const { status } = child(layer, 'cache');
	return (
		status === 'hit' ||
		status === 'stale' ||
		child(layer, '_hidden_params').cache_hit === true ||
		child(child(layer, 'extra_fields'), 'cache_debug').cache_hit === true ||
		isLiteLlmHit(headers) ||
		(headers !== noContext.headers &&
			Object.entries(cacheHeaders).some(([name, hit]) => hit.test(String(headers[name] ?? ''))))
	);
}

/** The model of a chat model's run in n8n: it stands in what the run was given. */
function modelOfRun(layer: JsonObject): unknown {
	let at: unknown = child(layer, 'inputOverride').ai_languageModel;
	while (Array.isArray(at)) at = at[0];
	return child(child(at, 'json'), 'options').model;
}

/** A line of the output file of a batch job: OpenAI, Anthropic, Gemini, Vertex, Bedrock. */
function isBatchLine(layer: JsonObject): boolean {
	if ('custom_id' in layer) {
		return isObject(child(layer, 'response').body) || isObject(child(layer, 'result').message);
	}
	if ('recordId' in layer) return isObject(layer.modelOutput);
	const isGemini = isObject(child(layer, 'response').usageMetadata);
	return (
		isGemini && ('processed_time' in layer || Object.keys(layer).sort().join() === 'key,response')
	);
}

/**
 * The values one layer further in that may hold a reply. An item may carry several (a failed attempt
 * beside the answer); the same one under two keys comes once.
 */
export function innerValues(layer: JsonObject): unknown[] {
	const inner: unknown[] = [];
	const seen = new Set<string>();
	for (const [key, value] of Object.entries(layer)) {
		if (noReplies.has(key)) continue;
		const found = typeof value === 'string' ? textReply(value) : value;
		if (!isObject(found) && !Array.isArray(found)) continue;
		const print = JSON.stringify(found);
		if (seen.has(print)) continue;
		seen.add(print);
		inner.push(found);
	}
	return inner;
}

/** Text that may be a reply or a stream of one: what has no counter in it is not parsed. */
function textReply(text: string): unknown {
	return /tokens|TokenCount|eval_count|Tokens"/.test(text) ? parseReplyText(text) : null;
}

function lowerCased(headers: JsonObject): JsonObject {
	return Object.fromEntries(
		Object.entries(headers).map(([name, value]) => [
			name.toLowerCase(),
			Array.isArray(value) ? (value as unknown[])[0] : value,
		]),
	);
}
