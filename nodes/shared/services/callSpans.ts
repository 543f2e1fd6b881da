import { usdFromNano } from '../core/price/money';
import type { Moment } from '../core/trace/decisionSpan';
import { decisionSpan } from '../core/trace/decisionSpan';
import { otelProviderName } from '../core/trace/providerName';
import type { Attributes, Span } from '../core/trace/trace';
import { defined } from '../core/trace/trace';
import { inputTotal, outputTotal, type UsageRecord } from '../core/usage/record';
import type { TrackedCall } from './track';

/**
 * Spans of what was tracked: a model call by OpenTelemetry's GenAI conventions (1.42, November 2026, still in
 * development) with its cost beside them, a hit as the decision of the cache that answered.
 * @param cache attributes of the lookup before the call, where there was one
 */
export function callSpans(
	calls: readonly TrackedCall[],
	{ endMs, cache = {} }: { endMs: number; cache?: Attributes },
): Span[] {
	return calls.map((one) => {
		const startMs = endMs - (one.call.latencyMs ?? 0);
		return one.call.kind === 'hit'
			? hitSpan(one, { startMs, endMs })
			: callSpan(one, { startMs, endMs }, cache);
	});
}

function hitSpan({ call, read }: TrackedCall, moment: Moment): Span {
	const { model, namespace, avoidedNanoUsd, inputTokens, outputTokens, savedLatencyMs } = call;
	const saved = {
		usd: usd(avoidedNanoUsd),
		tokens: read ? inputTokens + outputTokens : null,
		latencyMs: savedLatencyMs,
		model,
	};
	return decisionSpan({ status: 'hit', namespace, saved }, moment);
}

function callSpan(
	{ call, read }: TrackedCall,
	{ startMs, endMs }: Moment,
	cache: Attributes,
): Span {
	const { model, provider, namespace, prompt, tags } = call;
	const { reading, priced } = read ?? {};
	const operation = operationOf(reading?.usage);
	const costUsd = usd(call.costNanoUsd);
	return {
		name: `${operation} ${model}`.trim(),
		kind: 'call',
		startMs,
		endMs,
		attributes: {
			...cache,
			...defined({
				'gen_ai.operation.name': operation,
				'gen_ai.provider.name': provider === '' ? null : otelProviderName(provider),
				'gen_ai.request.model': model,
				'gen_ai.response.model': reading?.model,
				'gen_ai.response.id': reading?.replyId,
				...(reading && tokenAttributes(reading.usage)),
				// What Langfuse takes for the cost of a call, USD (2026-11).
				'gen_ai.usage.cost': costUsd,
				'prompt_cache.cost.usd': costUsd,
				'prompt_cache.cost.source': priced?.source,
				'prompt_cache.cost.version': priced?.version,
				'prompt_cache.cost.estimated': priced?.estimated,
				'prompt_cache.provider_cache.saved_usd': usd(priced?.providerCacheSavedNanoUsd ?? null),
				'prompt_cache.namespace': namespace,
				'prompt_cache.prompt': prompt,
				'prompt_cache.tags': tags.join(', '),
			}),
		},
	};
}

function tokenAttributes(usage: UsageRecord) {
	const written =
		usage.cacheWrite5m === null && usage.cacheWrite1h === null
			? null
			: (usage.cacheWrite5m ?? 0) + (usage.cacheWrite1h ?? 0);
	return {
		'gen_ai.usage.input_tokens': inputTotal(usage),
		'gen_ai.usage.output_tokens': outputTotal(usage),
		'gen_ai.usage.cache_read.input_tokens': usage.cacheRead,
		'gen_ai.usage.cache_creation.input_tokens': written,
		'gen_ai.usage.reasoning.output_tokens': usage.reasoning,
	};
}

/** Only embeddings report an input and no output. */
function operationOf(usage: UsageRecord | undefined): 'chat' | 'embeddings' {
	const isEmbedding = usage && inputTotal(usage) !== null && outputTotal(usage) === null;
	return isEmbedding ? 'embeddings' : 'chat';
}

const usd = (nanoUsd: number | null): number | null =>
	nanoUsd === null ? null : usdFromNano(nanoUsd);
