import { describe, expect, it } from '@jest/globals';
import { refusedAnswer, refusedTurn } from '../../../nodes/shared/core/chat/cacheableTurn';
import { readChatAnswer, type GenerationFacts } from '../../../nodes/shared/core/chat/chatAnswer';
import type { JsonObject } from '../../../nodes/shared/core/json';

const ask = (more: JsonObject = {}): JsonObject => ({
	model: 'gpt-4o-mini',
	provider: 'openai',
	messages: [{ role: 'user', content: 'Hello' }],
	...more,
});

const answer = (more: Partial<GenerationFacts> = {}, streamed = false) =>
	readChatAnswer(
		{
			text: 'Hi',
			content: 'Hi',
			toolCalls: [],
			invalidToolCalls: 0,
			additional: {},
			responseMetadata: { finish_reason: 'stop' },
			generationInfo: {},
			usage: { input_tokens: 3, output_tokens: 1 },
			...more,
		},
		streamed,
	);

const calls = (name: string) => ({
	text: '',
	content: '',
	toolCalls: [{ id: '1', name, args: {} }],
});
const afterTool = ask({
	messages: [
		{ role: 'user', content: 'Hello' },
		{ role: 'assistant', content: '', tool_calls: [] },
		{ role: 'tool', content: 'done', tool_call_id: 0 },
	],
});

describe('a turn that is never looked up', () => {
	it.each<[string, JsonObject]>([
		['the provider keeps the conversation', { previous_response_id: 'resp_1' }],
		['the provider keeps a named conversation', { conversation: 'conv_1' }],
		['several answers are asked for', { n: 3 }],
		['OpenAI searches the web itself', { tools: [{ type: 'web_search' }] }],
		['Anthropic runs code itself', { tools: [{ type: 'code_execution_20250825', name: 'code' }] }],
		['Gemini searches itself', { tools: [{ googleSearch: {} }] }],
		['audio is asked for', { modalities: ['text', 'audio'] }],
		['an image is asked for', { response_modalities: ['IMAGE'] }],
	])('is one where %s', (_what, more) => {
		expect(refusedTurn(ask(more), 'all')).toEqual(expect.any(String));
	});

	it('is one with tool results, unless all turns are cached', () => {
		expect(refusedTurn(afterTool, 'finalAnswers')).toContain('tool results');
		expect(refusedTurn(afterTool, 'all')).toBeUndefined();
	});

	it('is not one whose tool results belong to an earlier question', () => {
		const later = {
			...afterTool,
			messages: [...(afterTool.messages as JsonObject[]), { role: 'user', content: 'And now?' }],
		};
		expect(refusedTurn(later, 'finalAnswers')).toBeUndefined();
	});

	it("is not one with the user's own tools", () => {
		const own: JsonObject[] = [
			{ type: 'function', function: { name: 'add' } },
			{ name: 'add', input_schema: {} },
			{ functionDeclarations: [{ name: 'add' }] },
		];
		expect(refusedTurn(ask({ tools: own }), 'finalAnswers')).toBeUndefined();
	});
});

describe('an answer that is not stored', () => {
	it('is one with tool calls, unless all turns are cached', () => {
		expect(refusedAnswer(answer(calls('add')), ask(), 'finalAnswers')).toContain('tools');
		expect(refusedAnswer(answer(calls('add')), ask(), 'all')).toBeUndefined();
	});

	it('is not the structured answer that a tool call carries', () => {
		const format = answer(calls('format_final_json_response'));
		expect(refusedAnswer(format, ask(), 'finalAnswers')).toBeUndefined();
		const forced = ask({ tool_choice: { type: 'function', function: { name: 'extract' } } });
		expect(refusedAnswer(answer(calls('extract')), forced, 'finalAnswers')).toBeUndefined();
	});

	it('is one with invalid tool calls, or with an image', () => {
		expect(refusedAnswer(answer({ invalidToolCalls: 1 }), ask(), 'all')).toContain('invalid');
		const image = answer({ content: [{ type: 'image_url', image_url: { url: 'x' } }] });
		expect(refusedAnswer(image, ask(), 'all')).toContain('images');
	});

	it('is a stream without a finish reason: nothing tells that it is whole', () => {
		const open = { responseMetadata: {} };
		expect(refusedAnswer(answer(open, true), ask(), 'all')).toContain('finish reason');
		expect(refusedAnswer(answer(open, false), ask(), 'all')).toBeUndefined();
	});

	it("is not Mistral's stream that ends with its usage, if it is shorter than its limit", () => {
		const open = answer({ responseMetadata: {}, usage: { output_tokens: 20 } }, true);
		const mistral = (maxTokens: number) => ask({ provider: 'mistral_ai', maxTokens });
		expect(refusedAnswer(open, mistral(100), 'all')).toBeUndefined();
		expect(refusedAnswer(open, mistral(20), 'all')).toContain('finish reason');
	});
});

describe('the finish reason', () => {
	it.each<[string, Partial<GenerationFacts>, string]>([
		['OpenAI', { responseMetadata: {}, generationInfo: { finish_reason: 'stop' } }, 'stop'],
		['OpenAI Responses', { responseMetadata: { status: 'completed' } }, 'stop'],
		[
			'OpenAI Responses, cut',
			{
				responseMetadata: {
					status: 'incomplete',
					incomplete_details: { reason: 'max_output_tokens' },
				},
			},
			'max_output_tokens',
		],
		['Anthropic', { responseMetadata: {}, additional: { stop_reason: 'end_turn' } }, 'end_turn'],
		[
			'Gemini',
			{ responseMetadata: {}, generationInfo: { finishReason: 'MAX_TOKENS' } },
			'MAX_TOKENS',
		],
		['Ollama', { responseMetadata: { done_reason: 'stop' } }, 'stop'],
	])('of %s is found where LangChain puts it', (_who, more, reason) => {
		expect(answer(more).record.finish_reason).toBe(reason);
	});
});
