import { describe, expect, it } from '@jest/globals';
import { ConfigError } from '../../../nodes/shared/core/errors';
import type { JsonObject } from '../../../nodes/shared/core/json';
import { requestKey } from '../../../nodes/shared/core/key/requestKey';
import { defineRequest, type RequestParts } from '../../../nodes/shared/core/request/defineRequest';
import { findRequest } from '../../../nodes/shared/core/request/findRequest';
import { withModelAndParameters } from '../../../nodes/shared/core/request/modelAndParameters';
import { normalizeTexts } from '../../../nodes/shared/core/request/normalizeTexts';
import { requestTexts } from '../../../nodes/shared/core/request/requestTexts';

const messages = [{ role: 'user', content: 'Hi' }];

/** The parameter that a ConfigError blames. */
function blamed(work: () => unknown): string {
	try {
		work();
	} catch (error) {
		if (error instanceof ConfigError) return error.parameter;
		throw error;
	}
	return 'nothing';
}

describe('finding the request in an item', () => {
	it.each<[string, JsonObject]>([
		['OpenAI chat', { model: 'm', messages }],
		['OpenAI responses, text', { model: 'm', input: 'Hi' }],
		['OpenAI responses, list', { model: 'm', input: [{ role: 'user', content: 'Hi' }] }],
		['Anthropic', { model: 'm', max_tokens: 9, system: 'S', messages }],
		['Gemini', { contents: [{ parts: [{ text: 'Hi' }] }] }],
		['Ollama generate', { model: 'm', prompt: 'Hi', options: { num_ctx: 9 } }],
	])('takes a whole %s request as it is, from the item or its body', (_name, request) => {
		expect(findRequest(request)).toEqual(request);
		expect(findRequest({ headers: {}, body: request })).toEqual(request);
		expect(findRequest({ body: JSON.stringify(request) })).toEqual(request);
	});

	it('prefers a whole request in the body to a prompt beside it', () => {
		expect(findRequest({ prompt: 'other', body: { model: 'm', messages } })).toEqual({
			model: 'm',
			messages,
		});
	});

	it.each(['prompt', 'chatInput', 'text', 'input'])('makes a message of "%s"', (name) => {
		expect(findRequest({ [name]: 'Hi' })).toEqual({ messages });
	});

	it('reaches the same entry from every field that can hold the same words', () => {
		const keys = ['prompt', 'chatInput', 'text', 'input'].map((name) =>
			requestKey(findRequest({ [name]: 'Hi' }), { namespace: 'a' }),
		);
		keys.push(requestKey(defineRequest({ prompt: 'Hi' }), { namespace: 'a' }));
		keys.push(requestKey(defineRequest({ messages }), { namespace: 'a' }));
		expect(new Set(keys).size).toBe(1);
	});

	it('counts generation parameters beside a bare prompt, and no session or ticket number', () => {
		const item = { chatInput: 'Hi', sessionId: 's1', ticket: 7, temperature: 0 };
		expect(findRequest(item)).toEqual({ messages, temperature: 0 });
	});

	it('reads messages given as a JSON text', () => {
		expect(findRequest({ messages: JSON.stringify(messages) })).toEqual({ messages });
	});

	it.each<[string, JsonObject, string]>([
		['an empty item', {}, 'Request From'],
		['nothing that asks', { name: 'x', prompt: '  ' }, 'Request From'],
		['messages that are a number', { messages: 5 }, 'messages'],
		['messages that are null', { model: 'm', messages: null }, 'messages'],
		['an empty list of messages', { messages: [] }, 'messages'],
		['messages that are no JSON', { messages: '[{' }, 'messages'],
		['a body that is no JSON', { body: '{"model":' }, 'body'],
	])('names the parameter at fault: %s', (_name, item, parameter) => {
		expect(blamed(() => findRequest(item))).toBe(parameter);
	});

	it('says where it looked and what the item has', () => {
		expect.assertions(1);
		try {
			findRequest({ foo: 1, bar: 2 });
		} catch (error) {
			expect((error as ConfigError).hint).toMatch(/Looked at: body.*The item has: foo, bar/);
		}
	});
});

describe('defining the request', () => {
	it('puts the system prompt first, and lets a whole body win', () => {
		expect(defineRequest({ prompt: 'Hi', system: 'S' })).toEqual({
			messages: [{ role: 'system', content: 'S' }, ...messages],
		});
		expect(defineRequest({ body: '{"model":"m","prompt":"x"}', prompt: 'Hi' })).toEqual({
			model: 'm',
			prompt: 'x',
		});
	});

	it.each<[string, RequestParts, string]>([
		['nothing at all', {}, 'Prompt'],
		['only white space', { prompt: ' \n', body: '' }, 'Prompt'],
		['fields of the editor that were left as they are', { body: '{}', messages: '[]' }, 'Prompt'],
		['an empty body, under which all requests would be one', { body: {} }, 'Prompt'],
		['an empty body with white space in it', { body: ' {\n} ' }, 'Prompt'],
		['a body that is a list', { body: '[1]' }, 'Body'],
		['a body that is no JSON', { body: '{' }, 'Body'],
		['a prompt that is a list', { prompt: ['Hi'] }, 'Prompt'],
		['a system prompt that is an object', { prompt: 'Hi', system: {} }, 'System Prompt'],
		['messages that are an object', { messages: { role: 'user' } }, 'messages'],
	])('names the parameter at fault: %s', (_name, parts, parameter) => {
		expect(blamed(() => defineRequest(parts))).toBe(parameter);
	});

	it('takes the prompt where the JSON fields were left as they are, and a prompt of braces for a prompt', () => {
		for (const prompt of ['Hi', '{}']) {
			expect(defineRequest({ prompt, body: '{}', messages: '[]' })).toEqual({
				messages: [{ role: 'user', content: prompt }],
			});
		}
	});

	it('takes a number for a prompt', () => {
		expect(defineRequest({ prompt: 42 })).toEqual({ messages: [{ role: 'user', content: '42' }] });
	});
});

describe('model and parameters', () => {
	it('are added where the request names none, and never override it', () => {
		expect(withModelAndParameters({ messages }, 'm', '{"seed":1}')).toEqual({
			model: 'm',
			seed: 1,
			messages,
		});
		expect(withModelAndParameters({ model: 'own', seed: 2 }, 'm', { seed: 1 })).toEqual({
			model: 'own',
			seed: 2,
		});
	});

	it.each(['[1]', '5', '{'])('refuse %s', (text) => {
		expect(blamed(() => withModelAndParameters({ messages }, '', text))).toBe('Model Parameters');
	});
});

describe('the texts of a request', () => {
	it.each<[string, JsonObject]>([
		[
			'OpenAI',
			{
				messages: [
					{ role: 'developer', content: 'S' },
					{ role: 'user', content: 'old' },
					{ role: 'assistant', content: 'a' },
					{ role: 'user', content: [{ type: 'text', text: 'U' }] },
				],
			},
		],
		['OpenAI responses', { instructions: 'S', input: 'U' }],
		[
			'Anthropic',
			{ system: [{ type: 'text', text: 'S' }], messages: [{ role: 'user', content: 'U' }] },
		],
		[
			'Gemini',
			{ systemInstruction: { parts: [{ text: 'S' }] }, contents: [{ parts: [{ text: 'U' }] }] },
		],
		['Ollama generate', { system: 'S', prompt: 'U' }],
	])('are found in %s', (_name, request) => {
		expect(requestTexts({ model: 'm', ...request })).toEqual({
			model: 'm',
			system: 'S',
			user: 'U',
		});
	});

	it('are one text under white space normalization, field names untouched', () => {
		const decomposed = { ' a ': ['e\u0301  x\n\ty ', 5, null] };
		expect(normalizeTexts(decomposed)).toEqual({ ' a ': ['é x y', 5, null] });
	});
});
