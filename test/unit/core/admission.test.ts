import { describe, expect, it } from '@jest/globals';
import { admit, type AdmissionRules } from '../../../nodes/shared/core/admission/admission';
import { readAnswer } from '../../../nodes/shared/core/answer/readAnswer';
import { ConfigError } from '../../../nodes/shared/core/errors';
import type { Json, JsonObject } from '../../../nodes/shared/core/json';

const RULES: AdmissionRules = {
	complete: true,
	noRefusals: true,
	json: 'auto',
	minLength: 0,
	toolResults: false,
};
const openAi = (content: Json, finish = 'stop', more: JsonObject = {}): JsonObject => ({
	choices: [{ finish_reason: finish, message: { role: 'assistant', content, ...more } }],
});
const question: JsonObject = { model: 'm', messages: [{ role: 'user', content: 'Hi' }] };

function verdict(
	reply: Json,
	request: JsonObject | undefined = question,
	rules: Partial<AdmissionRules> = {},
	negative = false,
): string {
	const answer = admit(readAnswer(reply), request, { ...RULES, ...rules }, negative);
	if (!answer.admitted) return answer.reason;
	return answer.negativeStatus === undefined ? 'stored' : `stored ${answer.negativeStatus}`;
}

describe('what may be stored', () => {
	it.each<[string, Json]>([
		['OpenAI', openAi('Paris')],
		[
			'OpenAI responses',
			{
				status: 'completed',
				output: [{ type: 'message', content: [{ type: 'output_text', text: 'Paris' }] }],
			},
		],
		['Anthropic', { stop_reason: 'end_turn', content: [{ type: 'text', text: 'Paris' }] }],
		['Gemini', { candidates: [{ finishReason: 'STOP', content: { parts: [{ text: 'Paris' }] } }] }],
		[
			'Ollama',
			{ done: true, done_reason: 'stop', message: { role: 'assistant', content: 'Paris' } },
		],
		['a text field', { answer: 'Paris' }],
		['a bare text', 'Paris'],
		['HTTP Request with the full response', { statusCode: 200, body: openAi('Paris') }],
		['a shape no provider has', { capital: 'Paris' }],
	])('a complete answer of %s', (_name, reply) => {
		expect(verdict(reply)).toBe('stored');
	});

	it.each<[string, Json]>([
		['OpenAI', openAi('Par', 'length')],
		[
			'OpenAI responses',
			{
				status: 'incomplete',
				incomplete_details: { reason: 'max_output_tokens' },
				output: [{ type: 'message', content: [{ text: 'Par' }] }],
			},
		],
		['Anthropic', { stop_reason: 'max_tokens', content: [{ type: 'text', text: 'Par' }] }],
		[
			'Anthropic, out of context',
			{ stop_reason: 'model_context_window_exceeded', content: [{ type: 'text', text: 'Par' }] },
		],
		[
			'Gemini',
			{ candidates: [{ finishReason: 'MAX_TOKENS', content: { parts: [{ text: 'Par' }] } }] },
		],
		['Ollama', { done: true, done_reason: 'length', message: { content: 'Par' } }],
		['an Ollama stream that broke off', { done: false, message: { content: 'Par' } }],
	])('no answer that was cut: %s', (_name, reply) => {
		expect(verdict(reply)).toMatch(/^the answer was cut/);
	});

	it('no answer that a content filter stopped', () => {
		expect(verdict(openAi('…', 'content_filter'))).toMatch(/^the answer was filtered/);
		const gemini = {
			candidates: [{ finishReason: 'SAFETY', content: { parts: [{ text: 'a' }] } }],
		};
		expect(verdict(gemini)).toMatch(/^the answer was filtered/);
	});

	it.each([
		"I'm sorry, but I can't help with that.",
		'I cannot assist with this request.',
		'As an AI language model, I have no opinion.',
		'Désolé, je ne peux pas répondre à cette question.',
		'Es tut mir leid, dabei kann ich nicht helfen.',
		'Lo siento, no puedo ayudar con eso.',
	])('no refusal: %s', (text) => {
		expect(verdict(openAi(text))).toBe('the model refused to answer');
		expect(verdict(openAi(text), question, { noRefusals: false })).toBe('stored');
	});

	it('no refusal that the provider marks itself', () => {
		expect(verdict(openAi(null, 'stop', { refusal: 'No.' }))).toBe('the model refused to answer');
		const anthropic = { stop_reason: 'refusal', content: [{ type: 'text', text: 'x' }] };
		expect(verdict(anthropic)).toBe('the model refused to answer');
	});

	it.each([
		'Sorry is spelled s-o-r-r-y. I cannot stress this enough.',
		'The error "I cannot connect" means that the server is down.',
		"You can say: I'm sorry, but I can't come.",
	])('an answer that merely mentions one: %s', (text) => {
		expect(verdict(openAi(text))).toBe('stored');
	});

	it.each<[string, Json]>([
		['an empty text', openAi('')],
		['white space', openAi(' \n ')],
		['no content', openAi(null)],
		['null', null],
		['an empty object', {}],
		['an empty list', []],
	])('nothing empty: %s', (_name, reply) => {
		expect(verdict(reply)).toBe('the answer is empty');
	});

	it('a tool call without text', () => {
		const calls = { tool_calls: [{ id: '1', function: { name: 'f', arguments: '{}' } }] };
		expect(verdict(openAi(null, 'tool_calls', calls))).toBe('stored');
	});

	it('no answer shorter than asked for', () => {
		expect(verdict(openAi('ok'), question, { minLength: 3 })).toBe(
			'the answer has 2 characters, fewer than 3',
		);
	});

	it('no error, whatever its shape', () => {
		expect(verdict({ error: { message: 'overloaded' } })).toContain('overloaded');
		expect(verdict({ error: 'boom' })).toContain('boom');
		expect(verdict({ type: 'error', error: { type: 'x' } })).toContain('is an error');
		expect(verdict({ statusCode: 503, body: 'busy' })).toBe('the provider answered 503');
	});
});

describe('JSON that was asked for', () => {
	const schema = { type: 'object', required: ['city'], properties: { city: { type: 'string' } } };
	const asking: Array<[string, JsonObject]> = [
		['OpenAI json_object', { response_format: { type: 'json_object' } }],
		['OpenAI json_schema', { response_format: { type: 'json_schema', json_schema: { schema } } }],
		['OpenAI responses', { text: { format: { type: 'json_schema', schema } } }],
		['Anthropic', { output_format: { type: 'json_schema', schema } }],
		['Ollama', { format: 'json' }],
		['Ollama with a schema', { format: schema }],
		['Gemini', { generationConfig: { responseMimeType: 'application/json' } }],
	];

	it.each(asking)('must be valid JSON: %s', (_name, request) => {
		expect(verdict(openAi('{"city":"Paris"}'), request)).toBe('stored');
		expect(verdict(openAi('{"city":"Par'), request)).toBe(
			'JSON was asked for, but the answer is not valid JSON',
		);
		expect(verdict(openAi('Sure! {"city":"Paris"}'), request)).toMatch(/not valid JSON/);
	});

	it.each(asking.filter(([, request]) => JSON.stringify(request).includes('required')))(
		'must meet the schema of the request: %s',
		(_name, request) => {
			expect(verdict(openAi('{"town":"Paris"}'), request)).toMatch(/violates the JSON schema/);
		},
	);

	it('is not required where nobody asked for it, or checks are off', () => {
		expect(verdict(openAi('{"city":'))).toBe('stored');
		expect(verdict(openAi('{"city":'), asking[0]![1], { json: 'never' })).toBe('stored');
		expect(verdict(openAi('plain'), question, { json: 'always' })).toMatch(/not valid JSON/);
	});

	it("must meet the user's own schema, and a schema that is none is the user's error", () => {
		expect(verdict(openAi('{"town":1}'), question, { schema })).toMatch(/violates/);
		expect(() => verdict(openAi('{}'), question, { schema: { type: 'nothing' } })).toThrow(
			ConfigError,
		);
	});

	it("does not fail for a request's schema in a dialect that only its provider knows", () => {
		const request = {
			response_format: {
				type: 'json_schema',
				json_schema: { schema: { $schema: 'https://json-schema.org/draft/2020-12/schema' } },
			},
		};
		expect(verdict(openAi('{"a":1}'), request)).toBe('stored');
	});
});

describe('turns with tool results', () => {
	it.each<[string, JsonObject]>([
		['OpenAI', { messages: [{ role: 'tool', content: '3 °C' }] }],
		[
			'Anthropic',
			{ messages: [{ role: 'user', content: [{ type: 'tool_result', content: '3' }] }] },
		],
		['OpenAI responses', { input: [{ type: 'function_call_output', output: '3' }] }],
		['Gemini', { contents: [{ role: 'user', parts: [{ functionResponse: { name: 'f' } }] }] }],
	])('are stored only if asked: %s', (_name, request) => {
		expect(verdict(openAi('It is 3 °C'), request)).toBe('the request carries tool results');
		expect(verdict(openAi('It is 3 °C'), request, { toolResults: true })).toBe('stored');
	});

	it('further back in the conversation do not matter', () => {
		const messages = [
			{ role: 'tool', content: '3' },
			{ role: 'user', content: 'Thanks, and now?' },
		];
		expect(verdict(openAi('Now'), { messages })).toBe('stored');
	});
});

describe('negative caching', () => {
	it.each([400, 404, 413, 422])('keeps the deterministic refusal %d, if wanted', (statusCode) => {
		expect(verdict({ statusCode, body: { error: { message: 'x' } } }, question, {}, true)).toBe(
			`stored ${statusCode}`,
		);
		expect(verdict({ statusCode, body: {} })).toBe(`the provider answered ${statusCode}`);
	});

	it.each([401, 403, 408, 409, 425, 429, 500, 503])('never keeps %d', (statusCode) => {
		expect(verdict({ statusCode, body: {} }, question, {}, true)).toBe(
			`the provider answered ${statusCode}`,
		);
	});
});
