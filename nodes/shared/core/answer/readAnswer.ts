import type { Json, JsonObject } from '../json';
import { isJsonObject } from '../json';
import { textOf } from '../request/requestTexts';

/** What admission needs to know of a provider's reply, or of a shaped answer. */
export interface AnswerFacts {
	/** The answer's text; '' where none was found. */
	text: string;
	/** As the provider names it, lower-cased: stop, length, end_turn, max_tokens, content_filter … */
	finishReason: string | null;
	toolCalls: boolean;
	/** The provider itself marks a refusal. */
	refused: boolean;
	/** HTTP status, where the reply carries one. */
	status: number | null;
	/** The error text, where the reply is an error. */
	error: string | null;
}

const TEXT_FIELDS = ['answer', 'text', 'output', 'content', 'response', 'completion', 'message'];

/** Reads a reply of OpenAI (chat, responses), Anthropic, Gemini, Ollama, or an item with a text field. */
export function readAnswer(reply: Json): AnswerFacts {
	if (typeof reply === 'string') return facts({ text: reply });
	if (!isJsonObject(reply)) return facts({ text: textOfJson(reply) });
	const status = typeof reply.statusCode === 'number' ? reply.statusCode : null;
	const body = status !== null && reply.body !== undefined ? reply.body : reply;
	if (typeof body === 'string') return facts({ text: body, status });
	if (!isJsonObject(body)) return facts({ text: '', status });
	const error = errorOf(body);
	return { ...fromBody(body), status, error };
}

function facts(known: Partial<AnswerFacts>): AnswerFacts {
	return {
		text: '',
		finishReason: null,
		toolCalls: false,
		refused: false,
		status: null,
		error: null,
		...known,
	};
}

function fromBody(body: JsonObject): AnswerFacts {
	const choice = Array.isArray(body.choices) ? body.choices[0] : undefined;
	if (isJsonObject(choice)) return openAiChat(choice);
	const candidate = Array.isArray(body.candidates) ? body.candidates[0] : undefined;
	if (isJsonObject(candidate) || isJsonObject(body.promptFeedback)) return gemini(body, candidate);
	if (Array.isArray(body.output)) return openAiResponses(body, body.output);
	if (Array.isArray(body.content)) return anthropic(body, body.content);
	if (isJsonObject(body.message) && body.done !== undefined) return ollama(body, body.message);
	const field = TEXT_FIELDS.find((name) => typeof body[name] === 'string');
	const nested = TEXT_FIELDS.find((name) => isJsonObject(body[name]));
	if (!field && nested) return fromBody(body[nested] as JsonObject);
	return facts({
		text: field ? (body[field] as string) : textOfJson(body),
		finishReason: lower(
			body.finish_reason ?? body.finishReason ?? body.done_reason ?? body.stop_reason,
		),
	});
}

/** A shape no provider has: its JSON, '' where there is nothing in it. */
function textOfJson(value: Json): string {
	const empty = value === null || (typeof value === 'object' && Object.keys(value).length === 0);
	return empty ? '' : JSON.stringify(value);
}

function openAiChat(choice: JsonObject): AnswerFacts {
	const message = isJsonObject(choice.message) ? choice.message : {};
	return facts({
		text: textOf(message.content ?? choice.text),
		finishReason: lower(choice.finish_reason),
		toolCalls: nonEmpty(message.tool_calls) || isJsonObject(message.function_call),
		refused: typeof message.refusal === 'string' && message.refusal !== '',
	});
}

function openAiResponses(body: JsonObject, output: Json[]): AnswerFacts {
	const parts = output.filter(isJsonObject);
	const blocks = parts.flatMap((part) => (Array.isArray(part.content) ? part.content : []));
	const details = isJsonObject(body.incomplete_details) ? body.incomplete_details : {};
	return facts({
		text: textOf(blocks),
		finishReason: lower(details.reason ?? body.status),
		toolCalls: parts.some((part) => String(part.type).endsWith('_call')),
		refused: blocks.some((block) => isJsonObject(block) && block.type === 'refusal'),
	});
}

function anthropic(body: JsonObject, content: Json[]): AnswerFacts {
	const finishReason = lower(body.stop_reason);
	return facts({
		text: textOf(content),
		finishReason,
		toolCalls: content.some((block) => isJsonObject(block) && block.type === 'tool_use'),
		refused: finishReason === 'refusal',
	});
}

function gemini(body: JsonObject, candidate: Json | undefined): AnswerFacts {
	const reply = isJsonObject(candidate) ? candidate : {};
	const content = isJsonObject(reply.content) ? reply.content : {};
	const parts = Array.isArray(content.parts) ? content.parts : [];
	const blocked =
		isJsonObject(body.promptFeedback) && body.promptFeedback.blockReason !== undefined;
	return facts({
		text: textOf(parts),
		finishReason: lower(reply.finishReason),
		toolCalls: parts.some((part) => isJsonObject(part) && part.functionCall !== undefined),
		refused: blocked,
	});
}

function ollama(body: JsonObject, message: JsonObject): AnswerFacts {
	return facts({
		text: textOf(message.content),
		finishReason: body.done === false ? 'unfinished' : lower(body.done_reason),
		toolCalls: nonEmpty(message.tool_calls),
	});
}

function errorOf(body: JsonObject): string | null {
	const { error } = body;
	if (typeof error === 'string' && error !== '') return error;
	if (isJsonObject(error)) return typeof error.message === 'string' ? error.message : 'error';
	return null;
}

function nonEmpty(value: Json | undefined): boolean {
	return Array.isArray(value) && value.length > 0;
}

function lower(value: Json | undefined): string | null {
	return typeof value === 'string' ? value.toLowerCase() : null;
}
