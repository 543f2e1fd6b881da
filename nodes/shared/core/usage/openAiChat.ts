import { chatDialect } from './chatDialect';
import type { JsonObject } from './json';
import { child, firstText, firstTokens, tokens } from './json';
import type { UsageReading } from './reading';
import { noDetails, reading } from './reading';
import { reportedCost } from './reportedCost';
import { serviceTier } from './serviceTier';
import { reasoningIsAdditional, splitInput, splitOutput, splitWrites } from './split';

/**
 * OpenAI Chat Completions and everything that speaks it: DeepSeek, Mistral, Groq, xAI, OpenRouter,
 * LiteLLM, Azure, Perplexity, Moonshot. Cached tokens are inside `prompt_tokens`, Anthropic's too,
 * unless the stated total proves that a gateway put them on top.
 */
export function readOpenAiChat(reply: JsonObject, headers: JsonObject): UsageReading | null {
	const usage = usageOf(reply);
	if (tokens(usage.prompt_tokens) === null && tokens(usage.completion_tokens) === null) return null;
	const dialect = chatDialect(reply, usage, headers);
	const model = firstText(reply.model);
	const promptDetails = child(usage, 'prompt_tokens_details');
	const outputDetails = child(usage, 'completion_tokens_details');

	const prompt = firstTokens(
		usage.prompt_tokens,
		sumOrNull(usage.prompt_cache_hit_tokens, usage.prompt_cache_miss_tokens),
	);
	const total = tokens(usage.total_tokens);
	const completion = firstTokens(usage.completion_tokens) ?? restOf(total, prompt);
	const cacheRead = firstTokens(
		promptDetails.cached_tokens,
		usage.prompt_cache_hit_tokens,
		usage.cache_read_input_tokens,
		usage.cached_tokens,
		usage.num_cached_tokens,
	);
	const byLife = {
		...child(usage, 'cache_creation'),
		...child(promptDetails, 'cache_creation_token_details'),
	};
	const writes = splitWrites(
		firstTokens(
			promptDetails.cache_write_tokens,
			usage.cache_creation_input_tokens,
			promptDetails.cache_creation_tokens,
		),
		tokens(byLife.ephemeral_5m_input_tokens),
		tokens(byLife.ephemeral_1h_input_tokens),
	);
	const cached = (cacheRead ?? 0) + (writes.cacheWrite5m ?? 0) + (writes.cacheWrite1h ?? 0);
	const input = splitInput({
		total: prompt,
		cacheRead,
		...writes,
		audio: tokens(promptDetails.audio_tokens),
		cacheReadAudio: null,
		cacheInside: !(
			cached > 0 &&
			total !== null &&
			prompt !== null &&
			total === prompt + (completion ?? 0) + cached
		),
	});

	const thinking = firstTokens(outputDetails.reasoning_tokens, usage.reasoning_tokens);
	const hiddenThinking =
		thinking === null && /gemini/i.test(model ?? '') ? gapOf(total, prompt, completion) : null;
	const reasoning = thinking ?? hiddenThinking;
	const additional =
		hiddenThinking !== null ||
		reasoningIsAdditional(prompt, completion, reasoning, total) ||
		// xAI states no total only in its older replies, where reasoning came on top.
		(dialect.shape === 'xai' && total === null);
	const output = splitOutput({
		total: completion,
		reasoning,
		audio: tokens(outputDetails.audio_tokens),
		reasoningInside: !additional,
	});

	return reading(
		dialect.shape,
		{ ...input.parts, ...output },
		{
			provider: dialect.provider,
			model,
			local: dialect.local,
			details: {
				...noDetails,
				cacheReadAudio: input.cacheReadAudio,
				webSearches:
					dialect.provider === 'perplexity' ? (tokens(usage.num_search_queries) ?? 0) : 0,
			},
			serviceTier: serviceTier(reply.service_tier, usage.service_tier),
			reportedCost: reportedCost(reply, usage, headers, dialect.shape),
			durationMs: secondsToMs(usage.total_time),
		},
	);
}

/** Groq's streams carry the counters under `x_groq`. */
function usageOf(reply: JsonObject): JsonObject {
	const usage = child(reply, 'usage');
	return Object.keys(usage).length > 0 ? usage : child(child(reply, 'x_groq'), 'usage');
}

function sumOrNull(a: unknown, b: unknown): number | null {
	const [first, second] = [tokens(a), tokens(b)];
	return first === null && second === null ? null : (first ?? 0) + (second ?? 0);
}

/** Output the reply left out but its total tells; embeddings state total = prompt and have none. */
function restOf(total: number | null, prompt: number | null): number | null {
	return total !== null && prompt !== null && total > prompt ? total - prompt : null;
}

/** Thinking that Gemini's OpenAI-compatible endpoint puts into the total only. */
function gapOf(total: number | null, prompt: number | null, output: number | null): number | null {
	if (total === null || prompt === null || output === null) return null;
	const gap = total - prompt - output;
	return gap > 0 ? gap : null;
}

function secondsToMs(value: unknown): number | null {
	return typeof value === 'number' && Number.isFinite(value) ? Math.round(value * 1000) : null;
}
