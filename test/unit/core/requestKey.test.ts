import { describe, expect, it } from '@jest/globals';
import { IGNORED_FIELDS } from '../../../nodes/shared/core/key/ignoredFields';
import { requestKey } from '../../../nodes/shared/core/key/requestKey';
import type { JsonObject } from '../../../nodes/shared/core/json';

const base: JsonObject = {
	model: 'gpt-5-mini',
	temperature: 0.2,
	messages: [
		{ role: 'system', content: 'Answer briefly.' },
		{ role: 'user', content: 'Quelle est la capitale de la France ?' },
	],
};
const key = (request: JsonObject, namespace = 'default', keyVersion = '') =>
	requestKey(request, { namespace, keyVersion });

describe('the request key', () => {
	it('is frozen: a change here makes every stored answer a miss and needs a new KEY_SCHEME', () => {
		expect(key(base)).toBe('8b76967d08c9470f1a199bc604121b04ad273fa9d43c6eff990ccd21e2ac13c4');
		expect(key(base, 'tenant-b', 'v2')).toBe(
			'54097396784049fb8b8e098ab5c612b3e9a1b8ba124bfd87d33d92c63e86085d',
		);
		expect(key({ contents: [{ parts: [{ text: 'é \u{1F600} \n' }] }], n: 1e21, z: -0 })).toBe(
			'238ab4b67540fc095210f1f864745e58f1ee818675cf93ea649ce7ea9b15354a',
		);
	});

	it('does not depend on the order of JSON keys, at any depth', () => {
		const reordered = {
			messages: [
				{ content: 'Answer briefly.', role: 'system' },
				{ content: 'Quelle est la capitale de la France ?', role: 'user' },
			],
			temperature: 0.2,
			model: 'gpt-5-mini',
		};
		expect(key(reordered)).toBe(key(base));
	});

	it.each<[string, JsonObject]>([
		['another model', { model: 'gpt-5' }],
		['another temperature', { temperature: 0.3 }],
		['tools', { tools: [{ type: 'function', function: { name: 'f' } }] }],
		['a JSON schema', { response_format: { type: 'json_schema', json_schema: {} } }],
		['a seed', { seed: 1 }],
		['num_ctx of Ollama', { options: { num_ctx: 4096 } }],
		['top_k', { top_k: 5 }],
		['a field no list knows', { thinking_budget: 1 }],
		['an image by its bytes', { files: { image: 'ab' } }],
	])('changes with %s', (_name, change) => {
		expect(key({ ...base, ...change })).not.toBe(key(base));
	});

	it('tells a temperature left out from temperature 0', () => {
		const { temperature: _, ...without } = base;
		expect(key(without)).not.toBe(key({ ...without, temperature: 0 }));
	});

	it('tells letter case and the order of messages apart', () => {
		const [system, user] = base.messages as JsonObject[];
		expect(key({ ...base, messages: [user!, system!] })).not.toBe(key(base));
		const upper = { ...user!, content: 'QUELLE EST LA CAPITALE DE LA FRANCE ?' };
		expect(key({ ...base, messages: [system!, upper] })).not.toBe(key(base));
	});

	it('changes with namespace and key version', () => {
		expect(new Set([key(base), key(base, 'b'), key(base, 'default', 'v2')]).size).toBe(3);
	});

	it('leaves out what does not shape the answer, and what the user lists', () => {
		const noise = Object.fromEntries(IGNORED_FIELDS.map((name) => [name, 'x']));
		expect(key({ ...base, ...noise })).toBe(key(base));
		const listed = requestKey(
			{ ...base, trace: 1 },
			{ namespace: 'default', ignoreFields: ['trace'] },
		);
		expect(listed).toBe(key(base));
	});

	it("leaves out Anthropic's cache marks inside blocks, but not the same words inside a text", () => {
		const block = { type: 'text', text: 'Long instructions' };
		const marks: JsonObject[] = [
			{ cache_control: { type: 'ephemeral' }, ...block },
			{ ...block, cache_control: { type: 'ephemeral', ttl: '1h' } },
		];
		for (const marked of marks) expect(key({ system: [marked] })).toBe(key({ system: [block] }));
		const quoting = '{"cache_control":{"type":"ephemeral"},"a":1}';
		expect(key({ prompt: quoting })).not.toBe(key({ prompt: '{"a":1}' }));
	});

	it('refuses numbers that JSON cannot carry, and requests over the size limit', () => {
		expect(() => key({ temperature: NaN })).toThrow('not valid JSON');
		const options = { namespace: 'default', maxBytes: 1000 };
		expect(() => requestKey({ prompt: 'é'.repeat(600) }, options)).toThrow('more than 1000');
		expect(requestKey({ prompt: 'e'.repeat(600) }, options)).toHaveLength(64);
	});
});
