import type { Json, JsonObject } from '../json';
import { isJsonObject } from '../json';
import { recogniseUsage } from '../usage/recognise';
import { piecesOf } from './pieces';
import type { AnswerFrame, EventWriter } from './protocol';
import type { Finish, Reply } from './reply';

const STOP: Record<Finish, string> = {
	stop: 'end_turn',
	length: 'max_tokens',
	tool_calls: 'tool_use',
	content_filter: 'refusal',
};

/**
 * The answer as an Anthropic message. A provider's own message passes unchanged.
 * Source: Anthropic API reference, Messages, 2026-11.
 */
export function anthropicMessage(reply: Reply, frame: AnswerFrame): JsonObject {
	const { raw } = reply;
	const head = {
		id: typeof raw.id === 'string' ? raw.id : `msg_${frame.id}`,
		type: 'message',
		role: 'assistant',
		model: reply.model ?? String(frame.request.model ?? ''),
	};
	if (raw.type === 'message' && Array.isArray(raw.content)) {
		const { cache: _cache, endpoint: _endpoint, ...rest } = raw;
		return { ...head, ...rest, ...head };
	}
	const text = reply.text || reply.refusal || '';
	const content: JsonObject[] = text === '' ? [] : [{ type: 'text', text }];
	reply.toolCalls.forEach(({ id, name, arguments: args }, index) => {
		content.push({
			type: 'tool_use',
			id: id ?? `toolu_${frame.id.slice(0, 20)}${index}`,
			name,
			input: parsed(args),
		});
	});
	return {
		...head,
		content,
		stop_reason: reply.refusal === null ? STOP[reply.finish] : 'refusal',
		stop_sequence: null,
		usage: messageUsage(raw),
	};
}

function parsed(args: string): Json {
	try {
		return JSON.parse(args) as Json;
	} catch {
		// The model wrote broken arguments: the client sees them as they are.
		return { arguments: args };
	}
}

/** Clients of this protocol need the numbers: what the workflow's answer does not tell is 0. */
function messageUsage(raw: JsonObject): JsonObject {
	const usage = recogniseUsage(raw)[0]?.usage;
	return {
		input_tokens: (usage?.inputUncached ?? 0) + (usage?.inputAudio ?? 0),
		cache_creation_input_tokens: (usage?.cacheWrite5m ?? 0) + (usage?.cacheWrite1h ?? 0),
		cache_read_input_tokens: usage?.cacheRead ?? 0,
		output_tokens: (usage?.outputText ?? 0) + (usage?.reasoning ?? 0) + (usage?.outputAudio ?? 0),
	};
}

const NO_USAGE: JsonObject = { input_tokens: 0, output_tokens: 0 };

const event = (data: JsonObject): string =>
	`event: ${String(data.type)}\ndata: ${JSON.stringify(data)}\n\n`;

/** Writes the events of a message stream: message, blocks, deltas, stop. */
export function messageEvents({ id, request }: AnswerFrame): EventWriter {
	let said = false;
	const textDelta = (text: string, index = 0): string =>
		event({ type: 'content_block_delta', index, delta: { type: 'text_delta', text } });
	const blockStart = (index: number, block: JsonObject): string =>
		event({ type: 'content_block_start', index, content_block: block });
	const blockStop = (index: number): string => event({ type: 'content_block_stop', index });

	return {
		begin: (message = {}) =>
			event({
				type: 'message_start',
				message: {
					id: message.id ?? `msg_${id}`,
					type: 'message',
					role: 'assistant',
					model: message.model ?? String(request.model ?? ''),
					content: [],
					stop_reason: null,
					stop_sequence: null,
					usage: {
						...NO_USAGE,
						...(isJsonObject(message.usage) ? message.usage : {}),
						output_tokens: 0,
					},
				},
			}),
		text(piece) {
			const opening = said ? '' : blockStart(0, { type: 'text', text: '' });
			said = true;
			return opening + textDelta(piece);
		},
		end(message) {
			const content = Array.isArray(message.content) ? message.content.filter(isJsonObject) : [];
			const blocks = said ? content.filter((block) => block.type !== 'text') : content;
			const frames = said ? [blockStop(0)] : [];
			blocks.forEach((block, at) => {
				const index = at + (said ? 1 : 0);
				frames.push(...blockFrames(block, index));
			});
			const { stop_reason: reason = 'end_turn', stop_sequence: sequence = null } = message;
			const usage = isJsonObject(message.usage) ? message.usage : { output_tokens: 0 };
			frames.push(
				event({
					type: 'message_delta',
					delta: { stop_reason: reason, stop_sequence: sequence },
					usage,
				}),
				event({ type: 'message_stop' }),
			);
			return frames.join('');
		},
		error: (body) => event(body),
		keepAlive: () => event({ type: 'ping' }),
	};

	function blockFrames(block: JsonObject, index: number): string[] {
		const deltas = (type: string, name: string, text: string): string[] =>
			piecesOf(text).map((piece) =>
				event({ type: 'content_block_delta', index, delta: { type, [name]: piece } }),
			);
		const whole = (name: string): string => (typeof block[name] === 'string' ? block[name] : '');
		switch (block.type) {
			case 'text':
				return [
					blockStart(index, { ...block, text: '' }),
					...deltas('text_delta', 'text', whole('text')),
					blockStop(index),
				];
			case 'tool_use':
				return [
					blockStart(index, { ...block, input: {} }),
					...deltas('input_json_delta', 'partial_json', JSON.stringify(block.input ?? {})),
					blockStop(index),
				];
			case 'thinking':
				return [
					blockStart(index, { ...block, thinking: '', signature: '' }),
					...deltas('thinking_delta', 'thinking', whole('thinking')),
					event({
						type: 'content_block_delta',
						index,
						delta: { type: 'signature_delta', signature: whole('signature') },
					}),
					blockStop(index),
				];
			default:
				return [blockStart(index, block), blockStop(index)];
		}
	}
}
