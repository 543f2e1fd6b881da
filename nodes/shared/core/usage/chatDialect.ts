import type { JsonObject } from './json';
import { child, firstText, isObject } from './json';
import type { UsageShape } from './reading';

/** Who speaks the OpenAI Chat Completions format, as far as the reply tells. */
export interface ChatDialect {
	shape: UsageShape;
	provider: string | null;
	local: boolean;
}

const has = (object: JsonObject, ...keys: string[]): boolean =>
	keys.some((key) => object[key] !== undefined);

function isAzure(reply: JsonObject): boolean {
	if (has(reply, 'prompt_filter_results', 'prompt_annotations')) return true;
	const choices = Array.isArray(reply.choices) ? reply.choices : [];
	return choices.some((choice) => isObject(choice) && has(choice, 'content_filter_results'));
}

/** Same counters, other names: tells the sixteen-shape family apart by what only one side sends. */
export function chatDialect(
	reply: JsonObject,
	usage: JsonObject,
	headers: JsonObject,
): ChatDialect {
	const model = (firstText(reply.model) ?? '').toLowerCase();
	const id = firstText(reply.id) ?? '';
	const of = (shape: UsageShape, provider: string | null = null, local = false): ChatDialect => ({
		shape,
		provider,
		local,
	});

	if (
		isObject(reply._hidden_params) ||
		Object.keys(headers).some((name) => name.startsWith('x-litellm-'))
	) {
		const hidden = child(reply, '_hidden_params');
		const provider = firstText(hidden.custom_llm_provider, headers['x-litellm-provider']);
		return of('litellm', provider, provider === 'ollama' || provider === 'ollama_chat');
	}
	if (
		id.startsWith('gen-') ||
		has(usage, 'cost_details', 'is_byok') ||
		(typeof reply.provider === 'string' && model.includes('/'))
	) {
		return of('openrouter', 'openrouter');
	}
	if (reply.system_fingerprint === 'fp_ollama') return of('ollama', 'ollama', true);
	if (isObject(reply.timings) && 'predicted_ms' in reply.timings) {
		return of('openai-chat', 'llama.cpp', true);
	}
	if (has(reply, 'x_groq', 'usage_breakdown') || has(usage, 'queue_time', 'completion_time')) {
		return of('groq', 'groq');
	}
	if (has(usage, 'prompt_cache_hit_tokens', 'prompt_cache_miss_tokens')) {
		return of('deepseek', 'deepseek');
	}
	if (has(usage, 'num_sources_used', 'cost_in_usd_ticks') || /(^|\/)grok-/.test(model)) {
		return of('xai', 'x-ai');
	}
	if (has(usage, 'cache_creation_input_tokens', 'cache_read_input_tokens')) {
		// Only proxies put Anthropic's counters into this format; LiteLLM set the custom.
		return of('litellm');
	}
	if (
		has(usage, 'prompt_audio_seconds', 'num_cached_tokens') ||
		/^(open-)?(mistral|ministral|codestral|devstral|magistral|pixtral|voxtral|mixtral)-/.test(model)
	) {
		return of('mistral', 'mistral');
	}
	if (/^deepseek-/.test(model)) return of('deepseek', 'deepseek');
	if (/^(r1-1776|sonar)/.test(model)) return of('openai-chat', 'perplexity');
	if (isAzure(reply)) return of('openai-chat', 'azure');
	return of('openai-chat');
}
