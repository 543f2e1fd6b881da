import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../../nodes/shared/core/json';
import { answerBody, eventsFor } from '../../../nodes/shared/core/protocol/answer';
import { piecesOf } from '../../../nodes/shared/core/protocol/pieces';
import type { EventWriter } from '../../../nodes/shared/core/protocol/protocol';
import { recogniseUsage } from '../../../nodes/shared/core/usage/recognise';

const frameWith = (request: JsonObject) => ({ id: 'f'.repeat(24), createdSeconds: 1, request });

function body(operation: 'chat' | 'message', item: JsonObject): JsonObject {
	const answer = answerBody(operation, item, frameWith({ model: 'm' }));
	if (!answer.ok) throw new Error(answer.error.message);
	return answer.body;
}

const dataOf = (stream: string): JsonObject[] =>
	stream
		.split('\n\n')
		.flatMap((event) => event.split('\n'))
		.filter((line) => line.startsWith('data: ') && line !== 'data: [DONE]')
		.map((line) => JSON.parse(line.slice(6)) as JsonObject);

type Chunk = {
	id: string;
	choices: Array<{ index: number; delta: JsonObject; finish_reason: string | null }>;
};
const chunks = (stream: string) => dataOf(stream) as unknown as Chunk[];

const textOf = (stream: string, index = 0) =>
	chunks(stream)
		.flatMap(({ choices }) => choices.filter((choice) => choice.index === index))
		.map(({ delta }) => delta.content ?? '')
		.join('');

const openAi = (request: JsonObject = {}): EventWriter =>
	eventsFor('chat', frameWith({ model: 'm', ...request }))!;

describe('a chat completion as a stream', () => {
	const stored = body('chat', {
		id: 'chatcmpl-stored',
		model: 'm-2026',
		choices: [
			{
				index: 0,
				message: { content: 'Grüße, wörld 🌍 and more', reasoning_content: 'think' },
				finish_reason: 'stop',
			},
			{ index: 1, message: { content: 'another' }, finish_reason: 'length' },
		],
		usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 },
	});

	it('comes word by word, ends each choice with its reason, and closes with [DONE]', () => {
		const events = openAi();
		const stream = events.begin(stored) + events.end(stored);

		expect(textOf(stream)).toBe('Grüße, wörld 🌍 and more');
		expect(textOf(stream, 1)).toBe('another');
		expect(new Set(chunks(stream).map(({ id }) => id))).toEqual(new Set(['chatcmpl-stored']));
		const reasons = chunks(stream).flatMap(({ choices }) =>
			choices.map((choice) => choice.finish_reason),
		);
		expect(reasons.filter((reason) => reason !== null)).toEqual(['stop', 'length']);
		expect(stream.endsWith('data: [DONE]\n\n')).toBe(true);
	});

	it('tells the usage in a last chunk of its own, only where it was asked for', () => {
		const asked = openAi({ stream_options: { include_usage: true } });
		expect(dataOf(asked.begin(stored) + asked.end(stored)).at(-1)).toMatchObject({
			choices: [],
			usage: { total_tokens: 7 },
		});
		const unasked = openAi();
		expect(unasked.begin(stored) + unasked.end(stored)).not.toContain('total_tokens');
	});

	it('does not say again what was streamed before', () => {
		const events = openAi();
		const live = body('chat', { output: 'Hello there' });
		const stream = events.begin() + events.text('Hello') + events.text(' there') + events.end(live);
		expect(textOf(stream)).toBe('Hello there');
		expect(new Set(chunks(stream).map(({ id }) => id)).size).toBe(1);
	});

	it('names a tool first and then brings its arguments in pieces', () => {
		const called = body('chat', {
			choices: [
				{
					message: {
						tool_calls: [
							{
								id: 'c1',
								type: 'function',
								function: { name: 'f', arguments: '{"city": "Paris"}' },
							},
						],
					},
				},
			],
		});
		const events = openAi();
		const deltas = chunks(events.begin(called) + events.end(called)).flatMap(
			({ choices }) =>
				(choices[0]?.delta.tool_calls ?? []) as Array<{
					id?: string;
					function: { name?: string; arguments: string };
				}>,
		);
		expect(deltas[0]).toMatchObject({ id: 'c1', function: { name: 'f', arguments: '' } });
		expect(deltas.map((delta) => delta.function.arguments).join('')).toBe('{"city": "Paris"}');
	});
});

describe('an Anthropic message as a stream', () => {
	const message = body('message', {
		type: 'message',
		id: 'msg_stored',
		model: 'c',
		content: [
			{ type: 'thinking', thinking: 'let me see', signature: 'sig' },
			{ type: 'text', text: 'It is sunny' },
			{ type: 'tool_use', id: 't1', name: 'f', input: { a: [1, 2] } },
		],
		stop_reason: 'tool_use',
		usage: { input_tokens: 9, output_tokens: 4 },
	});

	it('opens and closes every block, and carries texts, arguments and usage', () => {
		const events = eventsFor('message', frameWith({ model: 'c' }))!;
		const all = dataOf(events.begin(message) + events.end(message));
		const types = all.map(({ type }) => type).filter((type) => type !== 'content_block_delta');
		const joined = (name: string) =>
			all.map(({ delta }) => (delta as JsonObject | undefined)?.[name] ?? '').join('');

		expect(types).toEqual([
			'message_start',
			...Array.from({ length: 3 }, () => ['content_block_start', 'content_block_stop']).flat(),
			'message_delta',
			'message_stop',
		]);
		expect([joined('thinking'), joined('signature'), joined('text')]).toEqual([
			'let me see',
			'sig',
			'It is sunny',
		]);
		expect(JSON.parse(joined('partial_json'))).toEqual({ a: [1, 2] });
		expect(recogniseUsage(all)[0]?.usage).toMatchObject({ inputUncached: 9, outputText: 4 });
	});

	it('goes on after words that were streamed live', () => {
		const events = eventsFor('message', frameWith({ model: 'c' }))!;
		const answer = body('message', { output: 'Hello there' });
		const all = dataOf(
			events.begin() + events.text('Hello') + events.text(' there') + events.end(answer),
		);
		expect(all.map(({ type }) => type)).toEqual([
			'message_start',
			'content_block_start',
			'content_block_delta',
			'content_block_delta',
			'content_block_stop',
			'message_delta',
			'message_stop',
		]);
	});
});

describe('the pieces of a text', () => {
	it.each([
		'',
		'one',
		'  leading',
		'trailing \n',
		'x'.repeat(500),
		'日本語のテキスト 🌍🌍',
		'a\n\nb\tc',
	])('joined are %j again', (text) => {
		expect(piecesOf(text).join('')).toBe(text);
	});

	it('are never more than a stream can bear', () => {
		const text = 'word '.repeat(20_000);
		expect(piecesOf(text).length).toBeLessThanOrEqual(512);
		expect(piecesOf(text).join('')).toBe(text);
	});
});
