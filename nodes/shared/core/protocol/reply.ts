import type { Json, JsonObject } from '../json';
import { isJsonObject } from '../json';
import { textOf } from '../request/requestTexts';
import type { EndpointError } from './errors';
import { readError } from './replyErrors';

export interface ToolCall {
	id: string | null;
	name: string;
	/** JSON text. */
	arguments: string;
}

export type Finish = 'stop' | 'length' | 'tool_calls' | 'content_filter';

/** An answer, whoever gave it. */
export interface Reply {
	model: string | null;
	text: string;
	reasoning: string | null;
	refusal: string | null;
	toolCalls: ToolCall[];
	finish: Finish;
	/** The provider's reply as it came, which also carries the usage. */
	raw: JsonObject;
}

export type ReadReply = { ok: true; reply: Reply } | { ok: false; error: EndpointError };

const TEXT_FIELDS = ['answer', 'text', 'output', 'response', 'content', 'completion', 'message'];

/**
 * Reads the item with which a workflow answers: a raw reply of OpenAI (chat, responses), Anthropic,
 * Gemini or Ollama, alone or as `{statusCode, body}`, or an object with the answer in `answer`,
 * `text`, `output` or the like (a JSON value there becomes its text).
 */
export function readReply(item: JsonObject): ReadReply {
	const error = readError(item);
	if (error) return { ok: false, error };
	const body = isJsonObject(item.body) && 'statusCode' in item ? item.body : item;
	const parts = whole(body) ?? plain(body);
	if (parts) {
		const model = body.model ?? body.modelVersion ?? null;
		const known = { reasoning: null, refusal: null, toolCalls: [], finish: 'stop' as const };
		const named = typeof model === 'string' ? model : null;
		return { ok: true, reply: { ...known, model: named, raw: body, ...parts } };
	}
	const message =
		'The workflow ended without an answer: its last node must give a model reply, or a field "answer"';
	return { ok: false, error: { status: 502, message, code: 'no_answer' } };
}

type Parts = { text: string } & Partial<Omit<Reply, 'text'>>;

function whole(body: JsonObject): Parts | undefined {
	const choice = firstObject(body.choices);
	if (choice) return openAiChat(choice);
	const output = objects(body.output);
	if (output.some(({ type }) => type === 'message' || type === 'function_call')) {
		return responses(body, output);
	}
	const content = objects(body.content);
	if (content.some(({ type }) => typeof type === 'string')) return anthropic(body, content);
	const candidate = firstObject(body.candidates);
	if (candidate) return gemini(candidate);
	if (isJsonObject(body.content) && Array.isArray(body.content.parts)) return gemini(body);
	if (isJsonObject(body.message)) return ollama(body, body.message);
	return body.done === undefined ? undefined : ollama(body, { content: body.response ?? '' });
}

function plain(body: JsonObject): Parts | undefined {
	for (const name of TEXT_FIELDS) {
		const value = body[name];
		if (typeof value === 'string') return { text: value };
		if (!isJsonObject(value) && !Array.isArray(value)) continue;
		const inner = isJsonObject(value) ? whole(value) : undefined;
		if (inner) return { raw: value as JsonObject, ...inner };
		return { text: JSON.stringify(value) };
	}
	return undefined;
}

function openAiChat(choice: JsonObject): Parts {
	const message = isJsonObject(choice.message) ? choice.message : {};
	const calls = objects(message.tool_calls).map((call) => {
		const fn = isJsonObject(call.function) ? call.function : {};
		return toolCall(call.id, fn.name, fn.arguments);
	});
	return {
		text: textOf(message.content ?? choice.text),
		reasoning: text(message.reasoning_content ?? message.reasoning),
		refusal: text(message.refusal),
		toolCalls: calls,
		finish: finishOf(choice.finish_reason, calls),
	};
}

function responses(body: JsonObject, items: JsonObject[]): Parts {
	const blocks = items.flatMap((one) => objects(one.content));
	const calls = items
		.filter((one) => one.type === 'function_call')
		.map((call) => toolCall(call.call_id ?? call.id, call.name, call.arguments));
	const details = isJsonObject(body.incomplete_details) ? body.incomplete_details : {};
	return {
		text: textOf(blocks.filter((block) => block.type === 'output_text')),
		refusal: text(blocks.find((block) => block.type === 'refusal')?.refusal),
		toolCalls: calls,
		finish: finishOf(details.reason, calls),
	};
}

function anthropic(body: JsonObject, blocks: JsonObject[]): Parts {
	const calls = blocks
		.filter((block) => block.type === 'tool_use')
		.map((block) => toolCall(block.id, block.name, block.input));
	return {
		text: blocks
			.filter((block) => block.type === 'text')
			.map((block) => text(block.text) ?? '')
			.join(''),
		reasoning: text(blocks.find((block) => block.type === 'thinking')?.thinking),
		toolCalls: calls,
		finish: finishOf(body.stop_reason, calls),
	};
}

function gemini(candidate: JsonObject): Parts {
	const content = isJsonObject(candidate.content) ? candidate.content : {};
	const parts = objects(content.parts);
	const calls = parts.flatMap((part) =>
		isJsonObject(part.functionCall)
			? [toolCall(part.functionCall.id, part.functionCall.name, part.functionCall.args)]
			: [],
	);
	const said = (thought: boolean) =>
		parts
			.filter((part) => (part.thought === true) === thought)
			.map((part) => text(part.text) ?? '')
			.join('');
	return {
		text: said(false),
		reasoning: said(true) || null,
		toolCalls: calls,
		finish: finishOf(candidate.finishReason, calls),
	};
}

function ollama(body: JsonObject, message: JsonObject): Parts {
	const calls = objects(message.tool_calls).map((call) => {
		const fn = isJsonObject(call.function) ? call.function : {};
		return toolCall(call.id, fn.name, fn.arguments);
	});
	return {
		text: textOf(message.content),
		reasoning: text(message.thinking),
		toolCalls: calls,
		finish: finishOf(body.done_reason, calls),
	};
}

/** Each provider's word for the same four endings. Source: their API references, 2026-11. */
function finishOf(reason: Json | undefined, calls: ToolCall[]): Finish {
	switch (typeof reason === 'string' ? reason.toLowerCase() : '') {
		case 'length':
		case 'max_tokens':
		case 'max_output_tokens':
		case 'model_length':
		case 'model_context_window_exceeded':
			return 'length';
		case 'content_filter':
		case 'refusal':
		case 'safety':
		case 'recitation':
		case 'blocklist':
		case 'prohibited_content':
		case 'spii':
			return 'content_filter';
		default:
			return calls.length > 0 ? 'tool_calls' : 'stop';
	}
}

function toolCall(id: Json | undefined, name: Json | undefined, args: Json | undefined): ToolCall {
	return {
		id: text(id),
		name: text(name) ?? '',
		arguments: typeof args === 'string' ? args : JSON.stringify(args ?? {}),
	};
}

const text = (value: Json | undefined): string | null =>
	typeof value === 'string' && value !== '' ? value : null;

const objects = (value: Json | undefined): JsonObject[] =>
	Array.isArray(value) ? value.filter(isJsonObject) : [];

const firstObject = (value: Json | undefined): JsonObject | undefined => objects(value)[0];
