import type { Json, JsonObject } from '../json';
import { isJsonObject } from '../json';
import { inputTotal, outputTotal } from '../usage/record';
import { recogniseUsage } from '../usage/recognise';
import { piecesOf } from './pieces';
import type { AnswerFrame, EventWriter } from './protocol';
import type { Reply } from './reply';

/**
 * The answer as a chat completion. A provider's own completion passes unchanged.
 * Source: OpenAI API reference, chat completion object, 2026-11.
 */
export function chatCompletion(reply: Reply, frame: AnswerFrame): JsonObject {
	const { raw } = reply;
	const head = {
		id: typeof raw.id === 'string' ? raw.id : `chatcmpl-${frame.id}`,
		object: 'chat.completion',
		created: typeof raw.created === 'number' ? raw.created : frame.createdSeconds,
		model: reply.model ?? String(frame.request.model ?? ''),
	};
	if (Array.isArray(raw.choices)) {
		const { cache: _cache, endpoint: _endpoint, ...rest } = raw;
		return { ...head, ...rest, ...head };
	}
	const message: JsonObject = {
		role: 'assistant',
		content: reply.text === '' && reply.toolCalls.length > 0 ? null : reply.text,
		refusal: reply.refusal,
	};
	if (reply.reasoning !== null) message.reasoning_content = reply.reasoning;
	if (reply.toolCalls.length > 0) {
		message.tool_calls = reply.toolCalls.map(({ id, name, arguments: args }, index) => ({
			id: id ?? `call_${frame.id.slice(0, 20)}${index}`,
			type: 'function',
			function: { name, arguments: args },
		}));
	}
	const choice = { index: 0, message, logprobs: null, finish_reason: reply.finish };
	const usage = chatUsage(raw);
	return { ...head, choices: [choice], ...(usage ? { usage } : {}) };
}

/** Undefined where the workflow's answer tells none: unknown is not 0. */
function chatUsage(raw: JsonObject): JsonObject | undefined {
	const usage = recogniseUsage(raw)[0]?.usage;
	if (!usage) return undefined;
	const [input, output] = [inputTotal(usage), outputTotal(usage)];
	if (input === null && output === null) return undefined;
	return {
		prompt_tokens: input ?? 0,
		completion_tokens: output ?? 0,
		total_tokens: (input ?? 0) + (output ?? 0),
		prompt_tokens_details: { cached_tokens: usage.cacheRead ?? 0 },
		completion_tokens_details: { reasoning_tokens: usage.reasoning ?? 0 },
	};
}

const frameOf = (data: JsonObject): string => `data: ${JSON.stringify(data)}\n\n`;

/** Writes chat completion chunks; with `stream_options.include_usage` the last one carries the usage. */
export function chatEvents({ id, createdSeconds, request }: AnswerFrame): EventWriter {
	const head: JsonObject = {
		id: `chatcmpl-${id}`,
		object: 'chat.completion.chunk',
		created: createdSeconds,
		model: String(request.model ?? ''),
	};
	const options = request.stream_options;
	const wantsUsage = isJsonObject(options) && options.include_usage === true;
	const noUsage: JsonObject = wantsUsage ? { usage: null } : {};
	const chunk = (index: number, delta: JsonObject, finish: Json = null): string =>
		frameOf({
			...head,
			choices: [{ index, delta, logprobs: null, finish_reason: finish }],
			...noUsage,
		});
	let said = false;
	return {
		begin(completion = {}) {
			if (typeof completion.id === 'string') head.id = completion.id;
			if (typeof completion.model === 'string') head.model = completion.model;
			return chunk(0, { role: 'assistant', content: '' });
		},
		text(piece) {
			said = true;
			return chunk(0, { content: piece });
		},
		end(completion) {
			const choices = Array.isArray(completion.choices) ? completion.choices : [];
			const frames = choices.filter(isJsonObject).flatMap((choice, at) => {
				const index = typeof choice.index === 'number' ? choice.index : at;
				const message = isJsonObject(choice.message) ? choice.message : {};
				const opening = index === 0 ? [] : [{ role: 'assistant', content: '' }];
				const deltas = [...opening, ...deltasOf(message, said && index === 0)];
				return [
					...deltas.map((delta) => chunk(index, delta)),
					chunk(index, {}, choice.finish_reason ?? 'stop'),
				];
			});
			if (wantsUsage && completion.usage !== undefined) {
				frames.push(frameOf({ ...head, choices: [], usage: completion.usage }));
			}
			return `${frames.join('')}data: [DONE]\n\n`;
		},
		error: (body) => `${frameOf(body)}data: [DONE]\n\n`,
		keepAlive: () => ': keep-alive\n\n',
	};
}

function deltasOf(message: JsonObject, said: boolean): JsonObject[] {
	const pieces = (name: string): JsonObject[] =>
		typeof message[name] === 'string'
			? piecesOf(message[name]).map((piece) => ({ [name]: piece }))
			: [];
	const calls = Array.isArray(message.tool_calls) ? message.tool_calls.filter(isJsonObject) : [];
	return [
		...pieces('reasoning_content'),
		...(said ? [] : pieces('content')),
		...pieces('refusal'),
		...calls.flatMap((call, index) => {
			const fn = isJsonObject(call.function) ? call.function : {};
			const begin = { ...call, index, function: { ...fn, arguments: '' } };
			const args = typeof fn.arguments === 'string' ? piecesOf(fn.arguments) : [];
			return [
				{ tool_calls: [begin] },
				...args.map((piece) => ({ tool_calls: [{ index, function: { arguments: piece } }] })),
			];
		}),
	];
}
