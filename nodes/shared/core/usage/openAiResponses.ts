import type { JsonObject } from './json';
import { child, firstText, firstTokens, isObject, tokens } from './json';
import type { UsageReading } from './reading';
import { noDetails, reading } from './reading';
import { reportedCost } from './reportedCost';
import { serviceTier } from './serviceTier';
import { reasoningIsAdditional, splitInput, splitOutput, splitWrites } from './split';

/**
 * OpenAI Responses, Realtime and whoever speaks them (xAI, Azure, OpenRouter, Groq). Both these and
 * Anthropic say `input_tokens`; here the cached tokens are inside it.
 */
export function readOpenAiResponses(reply: JsonObject, headers: JsonObject): UsageReading | null {
	const usage = child(reply, 'usage');
	const inputTokens = tokens(usage.input_tokens);
	const output = tokens(usage.output_tokens);
	if (inputTokens === null && output === null) return null;
	if (!isResponses(reply, usage)) return null;

	const inputDetails = {
		...child(usage, 'input_token_details'),
		...child(usage, 'input_tokens_details'),
	};
	const outputDetails = {
		...child(usage, 'output_token_details'),
		...child(usage, 'output_tokens_details'),
	};
	const total = tokens(usage.total_tokens);
	const reasoning = tokens(outputDetails.reasoning_tokens);
	const writes = splitWrites(
		firstTokens(inputDetails.cache_write_tokens, inputDetails.cache_creation_input_tokens),
		null,
		null,
	);
	const input = splitInput({
		total: inputTokens,
		cacheRead: firstTokens(inputDetails.cached_tokens, inputDetails.cache_read_input_tokens),
		...writes,
		audio: tokens(inputDetails.audio_tokens),
		cacheReadAudio: tokens(child(inputDetails, 'cached_tokens_details').audio_tokens),
		cacheInside: true,
	});
	const outputParts = splitOutput({
		total: output,
		reasoning,
		audio: tokens(outputDetails.audio_tokens),
		reasoningInside: !reasoningIsAdditional(inputTokens, output, reasoning, total),
	});
	const model = firstText(reply.model);
	const grok = usage.cost_in_usd_ticks !== undefined || /(^|\/)grok-/i.test(model ?? '');
	return reading(
		grok ? 'xai' : 'openai-responses',
		{ ...input.parts, ...outputParts },
		{
			provider: grok ? 'x-ai' : null,
			model,
			details: { ...noDetails, cacheReadAudio: input.cacheReadAudio },
			serviceTier: serviceTier(reply.service_tier, usage.service_tier),
			reportedCost: reportedCost(reply, usage, headers, 'openai-responses'),
		},
	);
}

function isResponses(reply: JsonObject, usage: JsonObject): boolean {
	if (isObject(usage.input_tokens_details)) return true;
	if ('cached_tokens' in child(usage, 'input_token_details')) return true;
	if ('text_tokens' in child(usage, 'input_token_details')) return true;
	if ('reasoning_tokens' in child(usage, 'output_tokens_details')) return true;
	if (reply.object === 'response' || reply.object === 'realtime.response') return true;
	return /^(resp_|resp-)/.test(firstText(reply.id) ?? '');
}
