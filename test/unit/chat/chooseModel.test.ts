import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../../nodes/shared/core/json';
import { loadClassifier } from '../../../nodes/shared/drivers/tables/classifierWeights';
import {
	chooseModel,
	createConversationMemory,
	rememberChoice,
} from '../../../nodes/shared/services/chooseModel';

const EASY = 'Translate to French: good morning, how are you today?';
const HARD =
	'Prove that there are infinitely many primes, then implement a lock-free queue in Rust and reason about its memory ordering.';

const user = (content: string): JsonObject => ({ role: 'user', content });
const assistant = (content: string): JsonObject => ({ role: 'assistant', content });
const request = (...messages: JsonObject[]): JsonObject => ({ model: 'large', messages });
const choose = (asked: JsonObject, memory = createConversationMemory(), costQuality = 0.5) =>
	chooseModel(asked, loadClassifier(), { costQuality }, memory);

describe('the choice between two chat models', () => {
	it('follows the task of the first turn', () => {
		expect(choose(request(user(EASY))).tier).toBe('small');
		expect(choose(request(user(HARD))).tier).toBe('large');
	});

	it('says why', () => {
		const { reasons, task } = choose(request(user(EASY)));
		expect(reasons.length).toBeGreaterThan(0);
		expect(task).toMatchObject({ type: 'translation' });
	});

	it('can be moved to either side by the user', () => {
		expect(choose(request(user(HARD)), undefined, 0).tier).toBe('small');
		expect(choose(request(user(EASY)), undefined, 1).tier).toBe('large');
	});

	it('stays with the model that gave the last answer, whatever is asked next', () => {
		const memory = createConversationMemory();
		rememberChoice(request(user(EASY)), 'Bonjour', [], 'small', memory);
		const next = request(user(EASY), assistant('Bonjour'), user(HARD));
		expect(choose(next, memory)).toMatchObject({ tier: 'small', task: null });
	});

	it('stays even when the beginning has dropped out of memory', () => {
		const memory = createConversationMemory();
		rememberChoice(request(user('And this?')), 'Bonsoir', [], 'large', memory);
		expect(choose(request(user('And this?'), assistant('Bonsoir'), user(EASY)), memory).tier).toBe(
			'large',
		);
	});

	it('falls back on the opening where another process gave the last answer', () => {
		const next = request(user(EASY), assistant('Bonjour'), user(HARD));
		expect(choose(next).tier).toBe('small');
	});

	it('keeps a tool loop with one model', () => {
		const memory = createConversationMemory();
		rememberChoice(request(user(EASY)), '', ['dictionary'], 'small', memory);
		const calling = { ...assistant(''), tool_calls: [{ id: 0, name: 'dictionary', args: {} }] };
		const loop = request(user(EASY), calling, { role: 'tool', content: HARD, tool_call_id: 0 });
		expect(choose(loop, memory).tier).toBe('small');
	});
});
