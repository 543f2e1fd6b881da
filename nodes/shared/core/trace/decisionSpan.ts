import type { JsonObject } from '../json';
import { isJsonObject } from '../json';
import type { Span } from './trace';
import { defined } from './trace';

/** When a decision was made, in ms since 1970. */
export interface Moment {
	startMs: number;
	endMs: number;
}

/**
 * What a cache decided, from the `cache` object that the nodes write. Texts stay behind: neither the matched prompt
 * nor the reasons, which may quote words of it, are sent. A hit has no `gen_ai` attributes, since a collector would
 * count tokens that nobody was asked for; what it saved stands in attributes of its own.
 */
export function decisionSpan(cache: JsonObject, { startMs, endMs }: Moment): Span {
	const saved = isJsonObject(cache.saved) ? cache.saved : {};
	const { status } = cache;
	const isServed = status === 'hit' || status === 'stale';
	return {
		name: `cache ${typeof status === 'string' ? status : 'lookup'}`,
		kind: 'decision',
		startMs,
		endMs: Math.max(startMs, endMs),
		attributes: defined({
			'prompt_cache.status': scalar(status),
			'prompt_cache.layer': scalar(cache.layer),
			'prompt_cache.key': scalar(cache.key),
			'prompt_cache.namespace': scalar(cache.namespace),
			'prompt_cache.backend': scalar(cache.backend),
			'prompt_cache.similarity': scalar(cache.similarity),
			'prompt_cache.age_seconds': scalar(cache.ageSeconds),
			'prompt_cache.leader': scalar(cache.leader),
			'prompt_cache.refresh': scalar(cache.refresh),
			'prompt_cache.lookup_ms': scalar(cache.lookupMs),
			...(isServed && {
				'prompt_cache.cost.usd': 0,
				'prompt_cache.saved.usd': scalar(saved.usd),
				'prompt_cache.saved.tokens': scalar(saved.tokens),
				'prompt_cache.saved.latency_ms': scalar(saved.latencyMs),
				'prompt_cache.saved.model': scalar(saved.model),
			}),
		}),
	};
}

function scalar(value: unknown): string | number | boolean | null {
	return ['string', 'number', 'boolean'].includes(typeof value)
		? (value as string | number | boolean)
		: null;
}
