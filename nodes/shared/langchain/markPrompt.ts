import { createHash } from 'node:crypto';
import {
	anthropicMarks,
	estimatedTokens,
	OPENAI_SMALLEST_PREFIX,
	smallestPrefix,
} from '../core/chat/providerMarks';
import type { JsonObject } from '../core/json';
import { isJsonObject } from '../core/json';
import { modelNameOf, requestOf } from './chatFacts';
import type { CallOptions, ChatModel, LangChainMessage } from './chatModelShape';

interface MarkedCall {
	messages: LangChainMessage[];
	options: CallOptions;
}

/** How long Anthropic keeps what is marked; `5m` is its default. */
export type ProviderCacheLife = '5m' | '1h';

/** Marks a call for the provider's own prompt cache, where the provider has marks and they pay. */
export function markPrompt(
	model: ChatModel,
	messages: LangChainMessage[],
	options: CallOptions,
	life: ProviderCacheLife,
): MarkedCall {
	const type = model._llmType();
	if (/anthropic/i.test(type)) return markAnthropic(model, messages, options, life);
	if (/^openai$|azure/i.test(type)) return keyOpenAi(model, messages, options);
	return { messages, options };
}

function markAnthropic(
	model: ChatModel,
	messages: LangChainMessage[],
	options: CallOptions,
	life: ProviderCacheLife,
): MarkedCall {
	const { messages: plain, tools, cache_control: own } = requestOf(model, messages, options);
	// n8n's node marks by itself where it is told to.
	if (own !== undefined || !Array.isArray(plain)) return { messages, options };
	const sizes = plain.filter(isJsonObject).map((message) => ({
		role: roleOf(message),
		tokens: estimatedTokens(JSON.stringify(message.content ?? '')),
	}));
	const toolTokens = tools === undefined ? 0 : estimatedTokens(JSON.stringify(tools));
	const marks = anthropicMarks(sizes, toolTokens, smallestPrefix(modelNameOf(model) ?? ''));
	const mark: JsonObject = life === '1h' ? { type: 'ephemeral', ttl: '1h' } : { type: 'ephemeral' };
	const marked = messages.map((message, at) =>
		marks.includes(at) ? withMark(message, mark) : message,
	);
	return { messages: marked, options };
}

type Role = 'system' | 'user' | 'assistant' | 'tool' | 'other';

function roleOf({ role }: JsonObject): Role {
	const known: Role[] = ['system', 'user', 'assistant', 'tool'];
	return known.find((name) => name === role) ?? 'other';
}

/** A copy of the message whose last block carries the mark; the caller's own message stays as it is. */
function withMark(message: LangChainMessage, mark: JsonObject): LangChainMessage {
	const { content } = message;
	const blocks = typeof content === 'string' ? [{ type: 'text', text: content }] : content;
	if (!Array.isArray(blocks) || blocks.length === 0 || content === '') return message;
	const last: unknown = blocks.at(-1);
	if (!isJsonObject(last)) return message;
	const copy = Object.create(
		Object.getPrototypeOf(message) as object,
		Object.getOwnPropertyDescriptors(message),
	) as LangChainMessage;
	copy.content = [...blocks.slice(0, -1), { ...last, cache_control: mark }];
	return copy;
}

/** Equal prefixes go to the same machine when they carry the same key. */
function keyOpenAi(
	model: ChatModel,
	messages: LangChainMessage[],
	options: CallOptions,
): MarkedCall {
	const request = requestOf(model, messages, options);
	if (request.prompt_cache_key !== undefined || options.promptCacheKey !== undefined) {
		return { messages, options };
	}
	const { messages: plain, tools } = request;
	const system = Array.isArray(plain)
		? plain.filter((message) => isJsonObject(message) && message.role === 'system')
		: [];
	const prefix = JSON.stringify([request.model, tools ?? null, system]);
	const whole = estimatedTokens(JSON.stringify([plain ?? null, tools ?? null]));
	if (whole < OPENAI_SMALLEST_PREFIX) return { messages, options };
	const promptCacheKey = createHash('sha256').update(prefix).digest('hex').slice(0, 32);
	return { messages, options: { ...options, promptCacheKey } };
}
