import { readAnthropic } from './anthropic';
import type { JsonObject } from './json';
import { child, firstText, firstTokens, tokens } from './json';
import type { UsageReading } from './reading';
import { noDetails, reading } from './reading';
import { reportedCost } from './reportedCost';
import { serviceTier } from './serviceTier';
import {
	cacheExceedsInput,
	reasoningIsAdditional,
	splitInput,
	splitOutput,
	splitWrites,
} from './split';

/**
 * A LangChain message (`usage_metadata`, plain or serialised under `kwargs`). `input_tokens` is the
 * whole input, Anthropic's cached parts included; the provider's own block in `response_metadata`
 * is asked only for what the summary leaves out (the life of cache writes, the tier, the model).
 */
export function readLangChain(reply: JsonObject): UsageReading | null {
	const message = messageOf(reply);
	const usage = child(message, 'usage_metadata');
	const inputTokens = tokens(usage.input_tokens);
	const outputTokens = tokens(usage.output_tokens);
	if (inputTokens === null && outputTokens === null) return null;

	const response = child(message, 'response_metadata');
	const raw = readAnthropic({ type: 'message', usage: response.usage }, {});
	const inputDetails = child(usage, 'input_token_details');
	const outputDetails = child(usage, 'output_token_details');
	const cacheRead = tokens(inputDetails.cache_read);
	const writes = splitWrites(
		tokens(inputDetails.cache_creation),
		firstTokens(
			inputDetails.ephemeral_5m_input_tokens,
			raw?.usage.cacheWrite1h === null ? null : raw?.usage.cacheWrite5m,
		),
		firstTokens(inputDetails.ephemeral_1h_input_tokens, raw?.usage.cacheWrite1h),
	);
	const input = splitInput({
		total: inputTokens,
		cacheRead,
		...writes,
		audio: tokens(inputDetails.audio),
		cacheInside: !cacheExceedsInput(
			inputTokens,
			cacheRead,
			writes.cacheWrite5m,
			writes.cacheWrite1h,
		),
	});
	const reasoning = tokens(outputDetails.reasoning);
	const outputParts = splitOutput({
		total: outputTokens,
		reasoning,
		audio: tokens(outputDetails.audio),
		reasoningInside: !reasoningIsAdditional(
			inputTokens,
			outputTokens,
			reasoning,
			tokens(usage.total_tokens),
		),
	});
	return reading(
		'langchain',
		{ ...input.parts, ...outputParts },
		{
			model: firstText(
				response.model_name,
				response.model,
				response.modelVersion,
				response.model_id,
				response.modelId,
				message.model,
				reply.model,
			),
			provider: providerOf(response),
			details: { ...noDetails, cacheReadAudio: input.cacheReadAudio },
			serviceTier: serviceTier(response.service_tier, child(response, 'usage').service_tier),
			modifiers: raw?.modifiers ?? [],
			reportedCost: reportedCost(
				response,
				child(response, 'token_usage'),
				child(response, 'headers'),
				'langchain',
			),
		},
	);
}

function messageOf(reply: JsonObject): JsonObject {
	if ('usage_metadata' in reply) return reply;
	const kwargs = child(reply, 'kwargs');
	if ('usage_metadata' in kwargs) return kwargs;
	return child(reply, 'data');
}

const providers: Record<string, string> = {
	anthropic: 'anthropic',
	openai: 'openai',
	azure: 'azure',
	azure_openai: 'azure',
	bedrock: 'aws',
	bedrock_converse: 'aws',
	google_genai: 'google',
	google_vertexai: 'google',
	groq: 'groq',
	mistralai: 'mistral',
	deepseek: 'deepseek',
	xai: 'x-ai',
	cohere: 'cohere',
	openrouter: 'openrouter',
	ollama: 'ollama',
};

function providerOf(response: JsonObject): string | null {
	if ('eval_duration' in response) return 'ollama';
	if ('queue_time' in child(response, 'token_usage')) return 'groq';
	const name = firstText(response.model_provider, response.ls_provider);
	return name === null ? null : (providers[name.toLowerCase()] ?? null);
}
