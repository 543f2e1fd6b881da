import type { JsonObject } from './json';
import { child, firstText, firstTokens, isObject, tokens } from './json';
import type { UsageReading } from './reading';
import { reading } from './reading';
import { serviceTier } from './serviceTier';
import { splitInput, splitOutput, splitWrites } from './split';

/** Amazon Bedrock Converse: cache reads and writes come on top of `inputTokens`. */
export function readBedrock(reply: JsonObject): UsageReading | null {
	const usage = child(reply, 'usage');
	const inputTokens = tokens(usage.inputTokens);
	const output = tokens(usage.outputTokens);
	if (inputTokens === null && output === null) return null;
	if (!isConverse(reply, usage)) return null;

	const written = (ttl: string): number | null => {
		if (!Array.isArray(usage.cacheDetails)) return null;
		const entries = usage.cacheDetails.filter((entry) => isObject(entry) && entry.ttl === ttl);
		if (entries.length === 0) return null;
		return entries.reduce(
			(sum: number, entry: JsonObject) => sum + (tokens(entry.inputTokens) ?? 0),
			0,
		);
	};
	const input = splitInput({
		total: inputTokens,
		cacheRead: firstTokens(usage.cacheReadInputTokens, usage.cacheReadInputTokenCount),
		...splitWrites(
			firstTokens(usage.cacheWriteInputTokens, usage.cacheWriteInputTokenCount),
			written('5m'),
			written('1h'),
		),
		audio: null,
		cacheInside: false,
	});
	const outputParts = splitOutput({
		total: output,
		reasoning: null,
		audio: null,
		reasoningInside: true,
	});
	const router = child(child(reply, 'trace'), 'promptRouter');
	return reading(
		'bedrock',
		{ ...input.parts, ...outputParts },
		{
			provider: 'aws',
			model: firstText(router.invokedModelId, reply.modelId, reply.model),
			serviceTier: serviceTier(child(reply, 'serviceTier').type, reply.serviceTier),
			durationMs: tokens(child(reply, 'metrics').latencyMs),
		},
	);
}

function isConverse(reply: JsonObject, usage: JsonObject): boolean {
	return (
		'stopReason' in reply ||
		'ResponseMetadata' in reply ||
		'$metadata' in reply ||
		'latencyMs' in child(reply, 'metrics') ||
		'cacheReadInputTokens' in usage ||
		'cacheWriteInputTokens' in usage ||
		isObject(child(reply, 'output').message) ||
		/^(arn:aws|([a-z-]+\.)?(anthropic|amazon|meta|cohere|mistral|deepseek|openai|qwen)\.)/.test(
			firstText(reply.modelId) ?? '',
		)
	);
}
