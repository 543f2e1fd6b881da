import type { JsonObject } from './json';
import { child, firstText, firstTokens, isObject } from './json';
import type { UsageReading } from './reading';
import { reading } from './reading';
import { serviceTier } from './serviceTier';
import { cacheExceedsInput, reasoningIsAdditional, splitInput, splitOutput } from './split';

/**
 * Attributes of an OpenTelemetry GenAI span: a flat object, the same nested, or an OTLP list of
 * `{key, value}`. By the conventions cached and reasoning tokens are inside the totals.
 */
export function readOtel(reply: JsonObject): UsageReading | null {
	const at = flatten(attributesOf(reply));
	const inputTokens = firstTokens(
		at['gen_ai.usage.input_tokens'],
		at['gen_ai.usage.prompt_tokens'],
	);
	const outputTokens = firstTokens(
		at['gen_ai.usage.output_tokens'],
		at['gen_ai.usage.completion_tokens'],
	);
	if (inputTokens === null && outputTokens === null) return null;

	const cacheRead = firstTokens(
		at['gen_ai.usage.cache_read.input_tokens'],
		at['gen_ai.usage.cache_read_input_tokens'],
	);
	const cacheWrite = firstTokens(
		at['gen_ai.usage.cache_creation.input_tokens'],
		at['gen_ai.usage.cache_creation_input_tokens'],
	);
	const input = splitInput({
		total: inputTokens,
		cacheRead,
		cacheWrite5m: cacheWrite,
		cacheWrite1h: null,
		audio: null,
		cacheInside: !cacheExceedsInput(inputTokens, cacheRead, cacheWrite),
	});
	const reasoning = firstTokens(
		at['gen_ai.usage.reasoning.output_tokens'],
		at['gen_ai.usage.reasoning_tokens'],
	);
	const outputParts = splitOutput({
		total: outputTokens,
		reasoning,
		audio: null,
		reasoningInside: !reasoningIsAdditional(inputTokens, outputTokens, reasoning, null),
	});
	const provider =
		providers[firstText(at['gen_ai.provider.name'], at['gen_ai.system']) ?? ''] ?? null;
	return reading(
		'otel',
		{ ...input.parts, ...outputParts },
		{
			provider,
			model: firstText(at['gen_ai.response.model'], at['gen_ai.request.model']),
			serviceTier: serviceTier(
				at['gen_ai.openai.response.service_tier'],
				at['openai.response.service_tier'],
				at['gen_ai.response.service_tier'],
			),
			local: provider === 'ollama',
		},
	);
}

/** Spans that repeat the sum of the calls below them. */
export function isSummarySpan(span: JsonObject): boolean {
	const operation = flatten(attributesOf(span))['gen_ai.operation.name'];
	return ['invoke_agent', 'create_agent', 'execute_tool', 'invoke_workflow'].includes(
		String(operation),
	);
}

const providers: Record<string, string> = {
	openai: 'openai',
	anthropic: 'anthropic',
	'aws.bedrock': 'aws',
	aws_bedrock: 'aws',
	'azure.ai.openai': 'azure',
	'az.ai.openai': 'azure',
	'azure.ai.inference': 'azure',
	'gcp.gemini': 'google',
	'gcp.gen_ai': 'google',
	'gcp.vertex_ai': 'google',
	gemini: 'google',
	vertex_ai: 'google',
	mistral_ai: 'mistral',
	groq: 'groq',
	x_ai: 'x-ai',
	xai: 'x-ai',
	deepseek: 'deepseek',
	cohere: 'cohere',
	perplexity: 'perplexity',
	ollama: 'ollama',
	openrouter: 'openrouter',
	moonshot_ai: 'moonshotai',
};

function attributesOf(span: JsonObject): JsonObject {
	const attributes = span.attributes;
	if (isObject(attributes)) return attributes;
	if (!Array.isArray(attributes)) return span;
	const found: JsonObject = {};
	for (const entry of attributes) {
		if (!isObject(entry) || typeof entry.key !== 'string') continue;
		const value = child(entry, 'value');
		found[entry.key] =
			value.intValue ?? value.stringValue ?? value.doubleValue ?? value.boolValue ?? null;
	}
	return found;
}

/** `{gen_ai: {usage: {input_tokens}}}` to `gen_ai.usage.input_tokens`; dotted keys stay as they are. */
function flatten(attributes: JsonObject): JsonObject {
	const flat: JsonObject = {};
	const walk = (value: unknown, path: string): void => {
		if (!isObject(value)) {
			flat[path] = value;
			return;
		}
		for (const [key, inner] of Object.entries(value)) walk(inner, `${path}.${key}`);
	};
	for (const [key, value] of Object.entries(attributes)) {
		if (key === 'gen_ai' || key.startsWith('gen_ai.') || key.startsWith('openai.'))
			walk(value, key);
	}
	return flat;
}
