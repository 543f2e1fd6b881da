import { ConfigError } from '../errors';
import type { Json, JsonObject } from '../json';
import { isJsonObject } from '../json';

const PROMPT_FIELDS = ['prompt', 'chatInput', 'text', 'input'] as const;

/**
 * What counts beside a bare prompt or a message list without a model: the generation parameters that
 * OpenAI, Anthropic, Gemini and Ollama know. Other fields of the item (a session, a ticket number) do not.
 * Source: their request schemas, 2026-11.
 */
const PARAMETER_FIELDS: ReadonlySet<string> = new Set([
	'model',
	'system',
	'temperature',
	'top_p',
	'top_k',
	'min_p',
	'max_tokens',
	'max_completion_tokens',
	'max_output_tokens',
	'stop',
	'stop_sequences',
	'seed',
	'n',
	'frequency_penalty',
	'presence_penalty',
	'repeat_penalty',
	'logit_bias',
	'logprobs',
	'top_logprobs',
	'tools',
	'tool_choice',
	'functions',
	'function_call',
	'response_format',
	'format',
	'options',
	'num_ctx',
	'reasoning_effort',
	'reasoning',
	'thinking',
	'think',
	'verbosity',
	'modalities',
	'template',
	'suffix',
	'generationConfig',
	'safetySettings',
]);

const LOOKED_AT = `body and the item itself, for a whole request (model with messages, contents, prompt or input), then messages, then ${PROMPT_FIELDS.join(', ')}`;

/**
 * Finds the request in an item, without any expression (source "auto").
 * @throws ConfigError where nothing was found, `messages` is no array, or a JSON text does not parse
 */
export function findRequest(item: JsonObject): JsonObject {
	const places = [parsedBody(item), item].filter((place) => place !== undefined);
	for (const place of places) {
		const whole = wholeRequest(place);
		if (whole) return whole;
	}
	for (const place of places) {
		const partial = messagesOrPrompt(place);
		if (partial) return partial;
	}
	throw new ConfigError(
		'No request was found in the item',
		'Request From',
		`Looked at: ${LOOKED_AT}. The item has: ${Object.keys(item).slice(0, 12).join(', ') || 'no fields'}. Set "Request From" to "Fields" or "Define Below".`,
	);
}

/** The request in an item where there is one that can be understood. */
export function requestIn(item: JsonObject): JsonObject | undefined {
	try {
		return findRequest(item);
	} catch (error) {
		if (error instanceof ConfigError) return undefined;
		throw error;
	}
}

function parsedBody(item: JsonObject): JsonObject | undefined {
	const { body } = item;
	if (isJsonObject(body)) return body;
	if (typeof body !== 'string' || !body.trimStart().startsWith('{')) return undefined;
	const parsed = parseJson(body, 'body');
	return isJsonObject(parsed) ? parsed : undefined;
}

/** @throws ConfigError naming the parameter where the text is not JSON */
export function parseJson(text: string, parameter: string): Json {
	try {
		return JSON.parse(text) as Json;
	} catch (error) {
		throw new ConfigError(
			`"${parameter}" is not valid JSON: ${error instanceof Error ? error.message : String(error)}`,
			parameter,
			'Check quotes, commas and brackets, or pass an object instead of a text.',
		);
	}
}

function wholeRequest(place: JsonObject): JsonObject | undefined {
	if (Array.isArray(place.contents)) return place;
	if (typeof place.model !== 'string') return undefined;
	if (place.messages !== undefined) return withMessages(place);
	const asks =
		typeof place.prompt === 'string' ||
		typeof place.input === 'string' ||
		Array.isArray(place.input);
	return asks ? place : undefined;
}

function messagesOrPrompt(place: JsonObject): JsonObject | undefined {
	if (place.messages !== undefined) {
		return { ...parametersOf(place), messages: withMessages(place).messages as Json };
	}
	const field = PROMPT_FIELDS.find((name) => {
		const value = place[name];
		return typeof value === 'string' && value.trim() !== '';
	});
	if (!field) return undefined;
	return { ...parametersOf(place), messages: [{ role: 'user', content: place[field] as string }] };
}

/** @throws ConfigError where `messages` is not an array of messages */
export function withMessages(place: JsonObject): JsonObject {
	const { messages } = place;
	const parsed = typeof messages === 'string' ? parseJson(messages, 'messages') : messages;
	if (!Array.isArray(parsed) || parsed.length === 0) {
		throw new ConfigError(
			`"messages" must be a list of messages, but is ${parsed === null ? 'null' : Array.isArray(parsed) ? 'empty' : typeof parsed}`,
			'messages',
			'Pass an array such as [{"role":"user","content":"Hello"}].',
		);
	}
	return parsed === messages ? place : { ...place, messages: parsed };
}

function parametersOf(place: JsonObject): JsonObject {
	const parameters: JsonObject = {};
	for (const name of Object.keys(place)) {
		const value = place[name];
		if (value !== undefined && PARAMETER_FIELDS.has(name)) parameters[name] = value;
	}
	return parameters;
}
