/**
 * Top-level request fields that do not shape the answer and so do not enter the request key.
 * Everything else counts, provider-specific parameters (`num_ctx`, `top_k`) included: an unknown
 * field costs a miss, a forgotten one a wrong answer. Users extend the list with `ignoreFields`.
 *
 * Source: request schemas of OpenAI, Anthropic, Gemini, Ollama, OpenRouter and LiteLLM, 2026-11.
 */
export const IGNORED_FIELDS: readonly string[] = [
	// how the answer travels
	'stream',
	'stream_options',
	'timeout',
	'extra_headers',
	// who asks, and what is kept about it
	'user',
	'metadata',
	'store',
	'safety_identifier',
	'labels',
	'request_id',
	'litellm_metadata',
	// the provider's own caching, queueing and memory, which leave the answer as it is
	'cache',
	'cache_control',
	'prompt_cache_key',
	'prompt_cache_retention',
	'prompt_cache_options',
	'service_tier',
	'keep_alive',
	'usage',
];

/** Names out of a text in which commas part them. */
export function commaSeparated(list: string): string[] {
	return list
		.split(',')
		.map((name) => name.trim())
		.filter((name) => name !== '');
}
