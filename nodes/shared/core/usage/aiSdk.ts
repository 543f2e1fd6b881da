import { readAnthropic } from './anthropic';
import type { JsonObject } from './json';
import { child, firstText, firstTokens, isObject, tokens } from './json';
import type { UsageReading } from './reading';
import { reading } from './reading';
import { reportedCost } from './reportedCost';
import { cacheExceedsInput, splitInput, splitOutput } from './split';

/**
 * Vercel AI SDK results. Newer: `inputTokens: {total, noCache, cacheRead, cacheWrite}`; version 5:
 * flat numbers with `cachedInputTokens`; version 4: `promptTokens`. Of a result with several steps
 * `totalUsage` is the whole; `usage` is the last step alone.
 */
export function readAiSdk(reply: JsonObject): UsageReading | null {
	const total = child(reply, 'totalUsage');
	const usage = Object.keys(total).length > 0 ? total : child(reply, 'usage');
	const nested = isObject(usage.inputTokens) || isObject(usage.outputTokens);
	const flat = tokens(usage.inputTokens) !== null || tokens(usage.outputTokens) !== null;
	const old = tokens(usage.promptTokens) !== null || tokens(usage.completionTokens) !== null;
	if (!nested && !flat && !old) return null;

	const said = {
		model: modelOf(reply),
		provider: providerOf(reply),
		reportedCost: reportedCost(reply, openRouterUsage(reply), {}, 'ai-sdk'),
	};
	// Version 5 leaves Anthropic's cached tokens out of inputTokens; its raw block has them.
	const raw = readAnthropic(
		{ type: 'message', usage: child(child(reply, 'providerMetadata'), 'anthropic').usage },
		{},
	);
	if (raw !== null && !nested)
		return reading('ai-sdk', raw.usage, { ...said, provider: 'anthropic' });

	const stated = child(usage, 'inputTokens');
	const output = child(usage, 'outputTokens');
	const inputDetails = child(usage, 'inputTokenDetails');
	const outputDetails = child(usage, 'outputTokenDetails');
	const cacheRead = firstTokens(
		stated.cacheRead,
		inputDetails.cacheReadTokens,
		usage.cachedInputTokens,
	);
	const cacheWrite = firstTokens(stated.cacheWrite, inputDetails.cacheWriteTokens);
	const inputTokens =
		firstTokens(stated.total, usage.inputTokens, usage.promptTokens) ??
		sum(stated.noCache, cacheRead, cacheWrite);
	const input = splitInput({
		total: inputTokens,
		cacheRead,
		cacheWrite5m: cacheWrite,
		cacheWrite1h: null,
		audio: null,
		cacheInside: !cacheExceedsInput(inputTokens, cacheRead, cacheWrite),
	});
	const reasoning = firstTokens(
		output.reasoning,
		outputDetails.reasoningTokens,
		usage.reasoningTokens,
	);
	const outputParts = splitOutput({
		total:
			firstTokens(output.total, usage.outputTokens, usage.completionTokens) ??
			sum(output.text, reasoning),
		reasoning,
		audio: null,
		reasoningInside: true,
	});
	return reading('ai-sdk', { ...input.parts, ...outputParts }, said);
}

/** The OpenRouter provider hands its own usage block, with the bill, through here. */
function openRouterUsage(reply: JsonObject): JsonObject {
	return child(child(child(reply, 'providerMetadata'), 'openrouter'), 'usage');
}

function sum(...values: unknown[]): number | null {
	if (tokens(values[0]) === null) return null;
	return values.reduce((total: number, value) => total + (tokens(value) ?? 0), 0);
}

function modelOf(reply: JsonObject): string | null {
	const steps = Array.isArray(reply.steps) ? reply.steps : [];
	return firstText(
		child(reply, 'response').modelId,
		child(reply, 'model').modelId,
		reply.modelId,
		reply.model,
		child(steps.at(-1), 'response').modelId,
	);
}

const providers: Record<string, string> = {
	openai: 'openai',
	azure: 'azure',
	anthropic: 'anthropic',
	google: 'google',
	vertex: 'google',
	bedrock: 'aws',
	mistral: 'mistral',
	groq: 'groq',
	xai: 'x-ai',
	deepseek: 'deepseek',
	cohere: 'cohere',
	perplexity: 'perplexity',
	openrouter: 'openrouter',
};

/** The provider's name is the key of `providerMetadata`. */
function providerOf(reply: JsonObject): string | null {
	for (const name of Object.keys(child(reply, 'providerMetadata'))) {
		const provider = providers[name];
		if (provider !== undefined) return provider;
	}
	return null;
}
