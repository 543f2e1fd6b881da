import { describe, expect, it } from '@jest/globals';
import { chatMessages } from '../../../nodes/shared/core/chat/chatMessages';
import { chatRequest, type ModelFacts } from '../../../nodes/shared/core/chat/modelIdentity';
import { requestKey } from '../../../nodes/shared/core/key/requestKey';

const facts = (more: Partial<ModelFacts> = {}): ModelFacts => ({
	type: 'openai',
	model: 'gpt-4o-mini',
	baseUrl: 'https://api.openai.com/v1',
	invocation: { model: 'gpt-4o-mini', temperature: 0.2, stream: false },
	settings: {},
	call: {},
	...more,
});

const hello = chatMessages([{ type: 'human', content: 'Hello' }]);
const keyOf = (more: Partial<ModelFacts> = {}, messages = hello) =>
	requestKey(chatRequest(facts(more), messages), { namespace: 'default' });

describe('the key of a chat model call', () => {
	it.each([
		['model', { invocation: { model: 'gpt-4.1', temperature: 0.2 }, model: 'gpt-4.1' }],
		['temperature', { invocation: { model: 'gpt-4o-mini', temperature: 0.3 } }],
		['provider', { type: 'mistral_ai' }],
		['address', { baseUrl: 'http://127.0.0.1:8080/v1' }],
		['stop word', { call: { stop: ['END'] } }],
		['setting outside the wire request', { settings: { top_k: 40 } }],
		['response schema', { call: { responseSchema: { type: 'object' } } }],
	])('differs by %s', (_what, more) => {
		expect(keyOf(more)).not.toBe(keyOf());
	});

	it.each([
		['api key', { settings: { openai_api_key: 'sk-1', apiKey: 'sk-2' } }],
		[
			'header',
			{ settings: { defaultHeaders: { authorization: 'x' } }, call: { headers: { a: 'b' } } },
		],
		['credential in a nested object', { settings: { configuration: { apiKey: 'secret' } } }],
		[
			'time limit or number of tries',
			{ settings: { timeout: 5, maxRetries: 7 }, call: { timeout: 9 } },
		],
		['run id, tags or place in a batch', { call: { runId: '1', tags: ['a'], promptIndex: 3 } }],
		['streaming', { invocation: { model: 'gpt-4o-mini', temperature: 0.2, stream: true } }],
		['slash at the end of the address', { baseUrl: 'https://api.openai.com/v1/' }],
		[
			'function or client in the settings',
			{ settings: { onFailedAttempt: () => 1, client: new Map() } },
		],
		['spelling of a setting the wire carries', { settings: { Temperature: 0.2 } }],
	])('does not differ by %s', (_what, more) => {
		expect(keyOf(more)).toBe(keyOf());
	});

	it('holds no secret, wherever a class keeps it', () => {
		const request = chatRequest(
			facts({
				settings: { api_key: 'hush', nested: { accessToken: 'hush', password: 'hush' } },
				invocation: { model: 'm', authToken: 'hush' },
				call: { headers: { Authorization: 'hush' } },
			}),
			hello,
		);
		expect(JSON.stringify(request)).not.toContain('hush');
	});

	it("lays Ollama's nested options open, so that a miss can name them", () => {
		const invocation = { model: 'llama3.2', options: { num_ctx: 4096, temperature: 0 } };
		expect(chatRequest(facts({ invocation }), hello)).toMatchObject({
			num_ctx: 4096,
			temperature: 0,
		});
	});

	it('takes the wire value where a setting says otherwise', () => {
		const request = chatRequest(facts({ settings: { temperature: 1 } }), hello);
		expect(request.temperature).toBe(0.2);
	});
});

describe('messages in the key', () => {
	const loop = (id: string, other: string) =>
		chatMessages([
			{ type: 'human', content: 'What is 2 + 2, and 3 + 3?' },
			{
				type: 'ai',
				content: [{ type: 'tool_use', id, name: 'add', input: {} }],
				toolCalls: [
					{ id, name: 'add', args: { a: 2, b: 2 } },
					{ id: other, name: 'add', args: { a: 3, b: 3 } },
				],
			},
			{ type: 'tool', content: '4', toolCallId: id },
			{ type: 'tool', content: '6', toolCallId: other },
		]);

	it('name tool calls by their order, since providers make up their ids', () => {
		expect(loop('call_a', 'call_b')).toEqual(loop('toolu_1', 'toolu_2'));
	});

	it('tell which result belongs to which call', () => {
		expect(loop('a', 'b')[3]).toMatchObject({ role: 'tool', tool_call_id: 1 });
		const swapped = chatMessages([
			{
				type: 'ai',
				content: '',
				toolCalls: [
					{ id: 'a', name: 'add', args: {} },
					{ id: 'b', name: 'add', args: {} },
				],
			},
			{ type: 'tool', content: '4', toolCallId: 'b' },
		]);
		const straight = chatMessages([
			{
				type: 'ai',
				content: '',
				toolCalls: [
					{ id: 'a', name: 'add', args: {} },
					{ id: 'b', name: 'add', args: {} },
				],
			},
			{ type: 'tool', content: '4', toolCallId: 'a' },
		]);
		expect(swapped).not.toEqual(straight);
	});

	it('say the same as a bare text and as one text block, cache marks and ids apart', () => {
		const block = {
			type: 'text',
			text: 'Hello',
			id: 'msg_1',
			cache_control: { type: 'ephemeral' },
		};
		expect(chatMessages([{ type: 'human', content: [block] }])).toEqual(hello);
	});

	it('keep images by their bytes', () => {
		const image = (data: string) =>
			chatMessages([{ type: 'human', content: [{ type: 'image_url', image_url: { url: data } }] }]);
		expect(image('data:image/png;base64,AA')).not.toEqual(image('data:image/png;base64,AB'));
	});
});
