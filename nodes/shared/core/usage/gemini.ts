import type { JsonObject } from './json';
import { child, firstText, firstTokens, isObject, tokens } from './json';
import type { UsageReading } from './reading';
import { noDetails, reading } from './reading';
import { serviceTier } from './serviceTier';
import { splitInput, splitOutput } from './split';

/**
 * Gemini (AI Studio and Vertex, camelCase as in REST or snake_case as in the Python SDK). Cached
 * tokens are inside the prompt; thinking and tool-use prompt tokens are additional. Counters that
 * are 0 are left out of the JSON, so a missing output is taken from the stated total.
 */
export function readGemini(reply: JsonObject): UsageReading | null {
	const meta = snakeToCamel({
		...child(reply, 'usage_metadata'),
		...child(reply, 'usageMetadata'),
	});
	const prompt = tokens(meta.promptTokenCount);
	const stated = firstTokens(meta.candidatesTokenCount, meta.responseTokenCount);
	if (prompt === null && stated === null) return null;

	const toolUse = tokens(meta.toolUsePromptTokenCount) ?? 0;
	const total = tokens(meta.totalTokenCount);
	const thoughts =
		tokens(meta.thoughtsTokenCount) ?? unsaidThoughts(total, prompt, stated, toolUse);
	const input = splitInput({
		total: prompt === null ? null : prompt + toolUse,
		cacheRead: tokens(meta.cachedContentTokenCount),
		cacheWrite5m: null,
		cacheWrite1h: null,
		audio: modality(meta.promptTokensDetails, 'AUDIO'),
		cacheReadAudio: modality(meta.cacheTokensDetails, 'AUDIO'),
		cacheInside: true,
	});
	const outputDetails = meta.candidatesTokensDetails ?? meta.responseTokensDetails;
	const outputParts = splitOutput({
		total:
			stated ??
			(total !== null && prompt !== null
				? Math.max(0, total - prompt - toolUse - (thoughts ?? 0))
				: null),
		reasoning: thoughts,
		audio: modality(outputDetails, 'AUDIO'),
		reasoningInside: false,
	});
	return reading(
		'gemini',
		{ ...input.parts, ...outputParts },
		{
			provider: 'google',
			model: firstText(reply.modelVersion, reply.model_version, reply.model),
			details: {
				...noDetails,
				cacheReadAudio: input.cacheReadAudio,
				outputImage: modality(outputDetails, 'IMAGE') ?? 0,
			},
			serviceTier: serviceTier(
				meta.serviceTier,
				meta.trafficType,
				reply.serviceTier,
				reply.service_tier,
			),
		},
	);
}

/** Early replies of thinking models counted the thoughts in the total only. */
function unsaidThoughts(
	total: number | null,
	prompt: number | null,
	output: number | null,
	toolUse: number,
): number | null {
	if (total === null || prompt === null || output === null) return null;
	const gap = total - prompt - output - toolUse;
	return gap > 0 ? gap : null;
}

/** Gemini's Interactions API: `usage.total_input_tokens` and friends, same arithmetic. */
export function readGeminiInteraction(reply: JsonObject): UsageReading | null {
	const usage = child(reply, 'usage');
	if (tokens(usage.total_input_tokens) === null) return null;
	return readGemini({
		model: reply.model,
		usageMetadata: {
			promptTokenCount: usage.total_input_tokens,
			cachedContentTokenCount: usage.total_cached_tokens,
			candidatesTokenCount: usage.total_output_tokens,
			thoughtsTokenCount: usage.total_thought_tokens ?? usage.total_reasoning_tokens,
			toolUsePromptTokenCount: usage.total_tool_use_tokens,
			totalTokenCount: usage.total_tokens,
		},
	});
}

function modality(details: unknown, name: string): number | null {
	if (!Array.isArray(details)) return null;
	let sum: number | null = null;
	for (const entry of details) {
		if (!isObject(entry) || entry.modality !== name) continue;
		sum = (sum ?? 0) + (firstTokens(entry.tokenCount, entry.token_count) ?? 0);
	}
	return sum;
}

function snakeToCamel(object: JsonObject): JsonObject {
	return Object.fromEntries(
		Object.entries(object).map(([key, value]) => [
			key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
			value,
		]),
	);
}
