import type { JsonObject } from './json';
import { child, firstText, isObject, tokens } from './json';
import type { UsageReading } from './reading';
import { reading } from './reading';
import { unknownUsage } from './record';

/**
 * What n8n's AI sub-nodes leave in run data: `tokenUsage`, or `tokenUsageEstimate` where the model
 * said nothing. No cached part, no model in the block itself.
 */
export function readN8nTokens(reply: JsonObject): UsageReading | null {
	const exact = child(reply, 'tokenUsage');
	const estimate = {
		...child(reply, 'estimatedTokenUsage'),
		...child(reply, 'tokenUsageEstimate'),
	};
	const estimated = Object.keys(exact).length === 0;
	const usage = estimated ? estimate : exact;
	const input = tokens(usage.promptTokens);
	const output = tokens(usage.completionTokens);
	if (input === null && output === null) return null;
	return reading(
		'n8n',
		{ ...unknownUsage(), inputUncached: input, outputText: output },
		{ model: modelOf(reply), estimated },
	);
}

function modelOf(reply: JsonObject): string | null {
	const generation = firstGeneration(child(reply, 'response').generations ?? reply.generations);
	const message = child(generation, 'message');
	const metadata = {
		...child(child(message, 'kwargs'), 'response_metadata'),
		...child(message, 'response_metadata'),
	};
	const info = child(generation, 'generationInfo');
	const options = child(reply, 'options');
	return firstText(
		reply.model,
		reply.modelName,
		reply.model_name,
		options.model,
		options.model_name,
		options.modelName,
		metadata.model_name,
		metadata.model,
		info.model_name,
		info.model,
	);
}

/** The first of LangChain's nested generations. */
export function firstGeneration(generations: unknown): JsonObject {
	let found: unknown = generations;
	while (Array.isArray(found)) found = found[0];
	return isObject(found) ? found : {};
}
