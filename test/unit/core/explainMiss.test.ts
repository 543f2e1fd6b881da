import { describe, expect, it } from '@jest/globals';
import { explainRequest } from '../../../nodes/shared/core/explain/components';
import { explainMiss } from '../../../nodes/shared/core/explain/explainMiss';
import { isInvalidated } from '../../../nodes/shared/core/freshness/invalidation';
import type { JsonObject } from '../../../nodes/shared/core/json';

const base: JsonObject = {
	model: 'gpt-5-mini',
	temperature: 0.2,
	messages: [
		{ role: 'system', content: 'Answer briefly.' },
		{ role: 'user', content: 'Where is the invoice of Mrs. Secret?' },
	],
};
const explain = (request: JsonObject, version = '') => explainRequest(request, version, []);
const reasons = (now: JsonObject, earlier: JsonObject | undefined, versions = ['', '']) =>
	explainMiss(
		explain(now, versions[0]).components,
		earlier && explain(earlier, versions[1]).components,
	);

describe('an explained miss', () => {
	it('says that there is no entry, where nothing similar was asked', () => {
		expect(reasons(base, undefined)).toEqual(['no entry for this prompt']);
		expect(reasons(base, base)).toEqual(['no entry for this prompt']);
	});

	it.each<[string, JsonObject]>([
		['temperature 0.2 became 0.3', { ...base, temperature: 0.3 }],
		['model gpt-5-mini became gpt-5', { ...base, model: 'gpt-5' }],
		['seed was added (7)', { ...base, seed: 7 }],
		['tools was added', { ...base, tools: [{ type: 'function' }] }],
	])('names what differs: %s', (reason, now) => {
		expect(reasons(now, base)).toEqual([reason]);
	});

	it('names a parameter that was left out', () => {
		const { temperature: _, ...without } = base;
		expect(reasons(without, base)).toEqual(['temperature was left out (0.2)']);
	});

	it('names the system prompt, and the conversation only where nothing else explains it', () => {
		const [system, user] = base.messages as JsonObject[];
		const other = { ...base, messages: [{ ...system!, content: 'Answer at length.' }, user!] };
		expect(reasons(other, base)).toEqual(['system prompt changed']);
		const longer = { ...base, messages: [system!, { role: 'assistant', content: 'x' }, user!] };
		expect(reasons(longer, base)).toEqual(['the messages before the last one changed']);
	});

	it('names the key version', () => {
		expect(reasons(base, base, ['v2', 'v1'])).toEqual(['key version v1 became v2']);
	});

	it('compares requests with the same user text, and keeps none of it', () => {
		const [one, other] = [explain(base), explain({ ...base, temperature: 1 })];
		expect(one.userHash).toBe(other.userHash);
		expect(one.userHash).toMatch(/^[0-9a-f]{16}$/);
		expect(JSON.stringify([one.userHash, one.components])).not.toMatch(/Secret|briefly/);
	});

	it('lists several differences by name', () => {
		expect(reasons({ ...base, model: 'x', temperature: 1 }, base)).toEqual([
			'model gpt-5-mini became x',
			'temperature 0.2 became 1',
		]);
	});
});

describe('an invalidation', () => {
	const none = { tags: new Map(), prefixes: [], beforeMs: 0, beforeEpoch: 0 };
	const entry = { storedAtMs: 1000, epoch: 5, tags: ['t:a'], keyVersion: 'v1.2' };

	it.each([
		['its tag, later', { ...none, tags: new Map([['t:a', 6]]) }, true],
		['its tag, earlier', { ...none, tags: new Map([['t:a', 5]]) }, false],
		['another tag', { ...none, tags: new Map([['t:b', 9]]) }, false],
		['the namespace', { ...none, tags: new Map([['*', 6]]) }, true],
		['a prefix of its version', { ...none, prefixes: [{ prefix: 'v1', epoch: 6 }] }, true],
		['another prefix', { ...none, prefixes: [{ prefix: 'v2', epoch: 6 }] }, false],
		['what is older', { ...none, beforeMs: 1001, beforeEpoch: 6 }, true],
		['what is older, before it was asked for', { ...none, beforeMs: 9e12, beforeEpoch: 5 }, false],
	])('of %s', (_name, invalidations, expected) => {
		expect(isInvalidated(entry, invalidations)).toBe(expected);
	});
});
