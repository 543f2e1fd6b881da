import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../../nodes/shared/core/json';
import { answerBody } from '../../../nodes/shared/core/protocol/answer';
import { readReply } from '../../../nodes/shared/core/protocol/reply';

const frame = {
	id: 'a'.repeat(24),
	createdSeconds: 1_790_000_000,
	request: { model: 'asked-model', messages: [] },
};

const TEXT = 'Paris is the capital.';

const RAW: Array<[string, JsonObject]> = [
	['OpenAI chat', { model: 'm', choices: [{ message: { content: TEXT }, finish_reason: 'stop' }] }],
	[
		'OpenAI responses',
		{
			object: 'response',
			model: 'm',
			output: [
				{ type: 'reasoning', summary: [] },
				{ type: 'message', content: [{ type: 'output_text', text: TEXT }] },
			],
		},
	],
	['Anthropic', { type: 'message', model: 'm', content: [{ type: 'text', text: TEXT }] }],
	['Gemini', { modelVersion: 'm', candidates: [{ content: { parts: [{ text: TEXT }] } }] }],
	['Ollama chat', { model: 'm', message: { role: 'assistant', content: TEXT }, done: true }],
	['Ollama generate', { model: 'm', response: TEXT, done: true }],
	['an HTTP answer in full', { statusCode: 200, body: { model: 'm', response: TEXT, done: true } }],
	['an AI Agent', { output: TEXT, model: 'm' }],
	['a chain', { text: TEXT, model: 'm' }],
	['a Set node', { answer: TEXT, model: 'm' }],
	["n8n's OpenAI node", { index: 0, message: { role: 'assistant', content: TEXT }, model: 'm' }],
	["n8n's Anthropic node, simplified", { content: [{ type: 'text', text: TEXT }], model: 'm' }],
	["n8n's Gemini node, simplified", { content: { parts: [{ text: TEXT }] }, model: 'm' }],
];

describe('the item with which a workflow answers', () => {
	it.each(RAW)('is read as an answer where it is from %s', (_what, item) => {
		expect(readReply(item)).toMatchObject({
			ok: true,
			reply: { text: TEXT, model: 'm', finish: 'stop', toolCalls: [] },
		});
	});

	it.each(RAW)(
		'becomes a chat completion and an Anthropic message where it is from %s',
		(_what, item) => {
			expect(answerBody('chat', item, frame)).toMatchObject({
				ok: true,
				body: {
					object: 'chat.completion',
					model: 'm',
					choices: [{ message: { content: TEXT }, finish_reason: 'stop' }],
				},
			});
			expect(answerBody('message', item, frame)).toMatchObject({
				ok: true,
				body: { type: 'message', model: 'm', content: [{ type: 'text', text: TEXT }] },
			});
		},
	);

	it("keeps every field of a provider's own completion", () => {
		const raw = {
			id: 'chatcmpl-9',
			object: 'chat.completion',
			created: 5,
			model: 'm',
			system_fingerprint: 'fp',
			choices: [
				{ index: 0, message: { role: 'assistant', content: TEXT }, logprobs: { content: [] } },
			],
			usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
		};
		const marked = {
			...raw,
			cache: { key: 'k' },
			endpoint: {},
			task: {},
			cost: { usd: 1, avoidedUsd: null },
		};
		expect(answerBody('chat', marked, frame)).toEqual({ ok: true, body: raw });
	});

	it('turns tool calls of one protocol into those of the other', () => {
		const openAi = {
			choices: [
				{
					message: {
						content: null,
						tool_calls: [
							{ id: 'call_1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } },
						],
					},
					finish_reason: 'tool_calls',
				},
			],
		};
		const message = answerBody('message', openAi, frame);
		expect(message).toMatchObject({
			body: {
				content: [{ type: 'tool_use', id: 'call_1', name: 'f', input: { a: 1 } }],
				stop_reason: 'tool_use',
			},
		});
		if (!message.ok) throw new Error('no message');
		expect(answerBody('chat', message.body, frame)).toMatchObject({
			body: {
				choices: [
					{
						message: {
							tool_calls: [{ id: 'call_1', function: { name: 'f', arguments: '{"a":1}' } }],
						},
						finish_reason: 'tool_calls',
					},
				],
			},
		});
	});

	it.each([
		[
			'length',
			{ choices: [{ message: { content: 'cut' }, finish_reason: 'length' }] },
			'max_tokens',
		],
		[
			'max_tokens',
			{ type: 'message', content: [{ type: 'text', text: 'cut' }], stop_reason: 'max_tokens' },
			'max_tokens',
		],
		[
			'MAX_TOKENS',
			{ candidates: [{ content: { parts: [{ text: 'cut' }] }, finishReason: 'MAX_TOKENS' }] },
			'max_tokens',
		],
		['SAFETY', { candidates: [{ content: { parts: [] }, finishReason: 'SAFETY' }] }, 'refusal'],
	])('knows the ending %s of every provider', (_reason, item, expected) => {
		expect(answerBody('message', item as JsonObject, frame)).toMatchObject({
			body: { stop_reason: expected },
		});
	});

	it('tells the usage of a foreign reply, and none where the workflow tells none', () => {
		const ollama = {
			model: 'm',
			message: { content: TEXT },
			done: true,
			prompt_eval_count: 7,
			eval_count: 5,
		};
		expect(answerBody('chat', ollama, frame)).toMatchObject({
			body: { usage: { prompt_tokens: 7, completion_tokens: 5, total_tokens: 12 } },
		});
		const untold = answerBody('chat', { output: TEXT }, frame);
		expect(untold.ok && 'usage' in untold.body).toBe(false);
	});

	it('gives an object that a workflow made as its JSON text', () => {
		expect(answerBody('chat', { output: { city: 'Paris' } }, frame)).toMatchObject({
			body: { model: 'asked-model', choices: [{ message: { content: '{"city":"Paris"}' } }] },
		});
	});

	it('is an error where there is no answer in it', () => {
		expect(answerBody('chat', { note: 'nothing' }, frame)).toMatchObject({
			ok: false,
			error: { status: 502, code: 'no_answer' },
		});
	});

	it.each<[string, JsonObject, number, boolean]>([
		['a 429 of the provider', { error: { message: 'slow down', status: 429 } }, 429, true],
		[
			"n8n's NodeApiError",
			{
				error: {
					name: 'NodeApiError',
					message: 'Bad request - please check your parameters',
					description: 'no such parameter',
					cause: { name: 'AxiosError', message: '400 - "{}"' },
				},
			},
			400,
			true,
		],
		[
			'a 404 in an HTTP answer',
			{ statusCode: 404, body: { error: { message: 'no such model' } } },
			404,
			true,
		],
		[
			'a 401 of the provider, which is about its own key',
			{ error: { message: 'bad key sk-1', status: 401 } },
			502,
			false,
		],
		[
			'a 500 of the provider',
			{ statusCode: 500, body: { error: { message: 'stack trace' } } },
			502,
			false,
		],
		["n8n's failed node", { error: '400 - {"error":"bad"}' }, 502, false],
		[
			"n8n's failed node with its code",
			{ error: { message: '400 - bad', httpCode: '400' } },
			400,
			true,
		],
	])('tells %s', (_what, item, status, passesMessage) => {
		const answer = answerBody('chat', item, frame);
		if (answer.ok) throw new Error('an error was expected');
		expect(answer.error.status).toBe(status);
		expect(answer.error.message.startsWith('The model provider failed')).toBe(!passesMessage);
	});
});

describe('an embeddings answer', () => {
	const numbers = [0.5, -0.25];

	it.each<[string, JsonObject]>([
		['OpenAI', { data: [{ embedding: numbers }], usage: { prompt_tokens: 2, total_tokens: 2 } }],
		['Ollama', { embeddings: [numbers], prompt_eval_count: 2 }],
		['Gemini', { embedding: { values: numbers } }],
		['a field', { vector: numbers }],
	])('is read from %s, and packed where the client asked for base64', (_what, item) => {
		expect(answerBody('embeddings', item, frame)).toMatchObject({
			body: { object: 'list', data: [{ index: 0, embedding: numbers }] },
		});
		const request = { ...frame.request, encoding_format: 'base64' };
		const packed = Buffer.from(new Float32Array(numbers).buffer).toString('base64');
		expect(answerBody('embeddings', item, { ...frame, request })).toMatchObject({
			body: { data: [{ embedding: packed }] },
		});
	});

	it('is an error where the workflow gave none', () => {
		expect(answerBody('embeddings', { text: 'hello' }, frame)).toMatchObject({ ok: false });
	});
});
