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

/** Keys under which tools put a provider's reply, outermost first. */
const wrappers = [
	'json',
	'body',
	'response',
	'data',
	'result',
	'message',
	'output',
	'reply',
	'completion',
];

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
	const headers = isObject(layer.headers)
		? { ...outer.headers, ...lowerCased(layer.headers) }
		: outer.headers;
	return {
		headers,
		model: outer.model ?? firstText(layer.model, layer.modelId, child(layer, 'request').model),
		batch: outer.batch || isBatchLine(layer),
		cacheHit: outer.cacheHit || saysCacheHit(layer, headers),
	};
}

function saysCacheHit(layer: JsonObject, headers: JsonObject): boolean {
	const { status } = child(layer, 'cache');
	return (
		status === 'hit' ||
		status === 'stale' ||
		child(layer, '_hidden_params').cache_hit === true ||
		child(child(layer, 'extra_fields'), 'cache_debug').cache_hit === true ||
		(headers !== noContext.headers &&
			Object.entries(cacheHeaders).some(([name, hit]) => hit.test(String(headers[name] ?? ''))))
	);
}

/** A line of OpenAI's or Anthropic's batch output file. */
function isBatchLine(layer: JsonObject): boolean {
	if (!('custom_id' in layer)) return false;
	return isObject(child(layer, 'response').body) || isObject(child(layer, 'result').message);
}

/** The values one layer further in that may hold a reply. */
export function innerValues(layer: JsonObject): unknown[] {
	const inner: unknown[] = [];
	for (const key of wrappers) {
		const value = layer[key];
		if (typeof value === 'string') {
			const parsed = parseReplyText(value);
			if (parsed !== null) inner.push(parsed);
		} else if (isObject(value) || Array.isArray(value)) {
			inner.push(value);
		}
	}
	return inner;
}

function lowerCased(headers: JsonObject): JsonObject {
	return Object.fromEntries(
		Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
	);
}
