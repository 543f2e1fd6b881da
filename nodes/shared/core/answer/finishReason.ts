/** Finish reasons of OpenAI, Anthropic, Gemini, Ollama, Mistral, Cohere and Bedrock, lower-cased; 2026-11. */
const CUT: readonly string[] = [
	'length',
	'max_tokens',
	'model_length',
	'max_output_tokens',
	'incomplete',
	'unfinished',
	'model_context_window_exceeded',
	'pause_turn',
	'timeout',
	'error',
	'error_limit',
	'user_cancel',
	'cancelled',
	'failed',
	'malformed_function_call',
	'malformed_model_output',
	'malformed_tool_use',
	'unexpected_tool_call',
	'too_many_tool_calls',
	'other',
	'load',
	'unload',
];
const FILTERED: readonly string[] = [
	'content_filter',
	'content_filtered',
	'guardrail_intervened',
	'error_toxic',
	'language',
	'image_safety',
	'safety',
	'recitation',
	'blocklist',
	'prohibited_content',
	'spii',
];

/** How an answer ended too early: by a limit or a failure, by a filter; undefined where it is whole or nothing is told. */
export function earlyEnd(finishReason: string | null | undefined): 'cut' | 'filtered' | undefined {
	const reason = finishReason?.toLowerCase() ?? '';
	if (CUT.includes(reason)) return 'cut';
	return FILTERED.includes(reason) ? 'filtered' : undefined;
}
