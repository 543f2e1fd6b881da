import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BaseChatModel } from '@langchain/core/language_models/chat_models';
import { AIMessage, AIMessageChunk } from '@langchain/core/messages';
import { ChatGenerationChunk } from '@langchain/core/outputs';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { chatFaults } from '../../nodes/shared/core/cascade/checkChatAnswer';
import type { JsonObject } from '../../nodes/shared/core/json';
import { cacheChatModel } from '../../nodes/shared/langchain/cacheChatModel';
import type { TurnLog } from '../../nodes/shared/langchain/cachedTurn';
import { smallModel } from '../../nodes/shared/langchain/smallModel';
import { readAnswerChecks } from '../../nodes/shared/n8n/answerChecks';
import { closeConnections, embeddedConnection } from '../../nodes/shared/n8n/connections';
import { createChatCache } from '../../nodes/shared/services/chatCache';
import { chatSettings, host } from '../support/chatCache';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'prompt-cache-cascade-'));
afterAll(() => {
	closeConnections();
	fs.rmSync(folder, { recursive: true, force: true });
});

const usage_metadata = { input_tokens: 5, output_tokens: 4, total_tokens: 9 };

/** A provider's class that says what the test tells it to, whole or in words. */
class Says extends BaseChatModel {
	calls = 0;

	constructor(
		readonly model: string,
		public answer: string | Error,
		private readonly told: Record<string, unknown> = {},
	) {
		super({});
	}

	override _llmType() {
		return 'says';
	}

	private say(): string {
		this.calls++;
		if (this.answer instanceof Error) throw this.answer;
		return this.answer;
	}

	override async _generate() {
		const text = this.say();
		const response_metadata = { finish_reason: 'stop', ...this.told };
		const message = new AIMessage({ content: text, usage_metadata, response_metadata });
		return { generations: [{ text, message }] };
	}

	override async *_streamResponseChunks() {
		for (const text of this.say().split(/(?<= )/)) {
			yield new ChatGenerationChunk({ text, message: new AIMessageChunk(text) });
		}
		const message = new AIMessageChunk({ content: '', usage_metadata });
		yield new ChatGenerationChunk({
			text: '',
			message,
			generationInfo: { finish_reason: 'stop' },
		});
	}
}

let namespace = 0;
beforeEach(() => {
	namespace++;
});

/** A large model with a small one that takes every prompt and whose answers are checked. */
function cascade(small: Says, large: Says, checks: JsonObject = {}) {
	const log: Array<Record<string, unknown>> = [];
	const begin = (): TurnLog => ({
		index: log.length,
		served: (_turn, { record }) => log.push({ served: record.text, escalated: record.escalated }),
		answered: (_turn, { record }, { stored }) => log.push({ answered: record.text, stored }),
		escalated: (next, reasons, refused) =>
			log.push({
				reasons,
				refused: refused?.record.text,
				paid: refused?.record.usage,
				asks: next.request.model,
			}),
		failed: (error) => log.push({ failed: String(error) }),
	});
	const settings = chatSettings(`cascade ${namespace}`);
	const { ask } = createChatCache(settings, async () => embeddedConnection(folder), Date.now);
	cacheChatModel(large, {
		host,
		ask,
		begin,
		small: {
			model: smallModel(small, host)!,
			choose: () => ({ tier: 'small', reasons: ['asks for a translation'], task: null }),
			check: {
				checks,
				faults: (answer, request) => chatFaults(answer, readAnswerChecks(checks, request)),
			},
		},
	});
	return { small, large, log, calls: () => [small.calls, large.calls] };
}

async function streamed(model: BaseChatModel): Promise<AIMessageChunk[]> {
	const chunks: AIMessageChunk[] = [];
	for await (const chunk of await model.stream('hello')) chunks.push(chunk);
	return chunks;
}
const textOf = (chunks: AIMessageChunk[]) => chunks.map(({ text }) => text).join('');

const GOOD = 'Guten Abend, mein Freund';
const UNSURE = "I don't know";

describe("a chat model whose small model's answers are checked", () => {
	it('gives a good answer of the small model, and asks the large one nothing', async () => {
		const { large, calls, log } = cascade(new Says('small', GOOD), new Says('large', 'Abend'));
		expect((await large.invoke('hello')).text).toBe(GOOD);
		expect(calls()).toEqual([1, 0]);
		expect(log).toEqual([{ answered: GOOD, stored: true }]);
	});

	it('asks the large model in the same turn where the answer does not do, and tells both calls', async () => {
		const { large, calls, log } = cascade(new Says('small', UNSURE), new Says('large', GOOD));
		expect((await large.invoke('hello')).text).toBe(GOOD);
		expect(calls()).toEqual([1, 1]);
		expect(log).toEqual([
			{
				reasons: ['the model says that it does not know'],
				refused: UNSURE,
				paid: usage_metadata,
				asks: 'large',
			},
			{ answered: GOOD, stored: true },
		]);
	});

	it('answers again from the cache without either model, and knows who answered', async () => {
		const { large, calls, log } = cascade(new Says('small', UNSURE), new Says('large', GOOD));
		await large.invoke('hello');
		expect((await large.invoke('hello')).text).toBe(GOOD);
		expect(calls()).toEqual([1, 1]);
		expect(log.at(-1)).toMatchObject({ served: GOOD, escalated: { model: 'large' } });
	});

	it('asks the large model where the small one fails', async () => {
		const down = new Says('small', new Error('connect ECONNREFUSED'));
		const { large, log } = cascade(down, new Says('large', GOOD));
		expect((await large.invoke('hello')).text).toBe(GOOD);
		expect(log[0]).toMatchObject({ reasons: ['the small model failed: connect ECONNREFUSED'] });
		expect(log[0]!.refused).toBeUndefined();
	});

	it("fails with the large model's error where both fail, and is free for the next call", async () => {
		const small = new Says('small', UNSURE);
		const { large, calls } = cascade(small, new Says('large', new Error('no credit left')));
		await expect(large.invoke('hello')).rejects.toThrow('no credit left');
		small.answer = GOOD;
		expect((await large.invoke('hello')).text).toBe(GOOD);
		expect(calls()).toEqual([2, 1]);
	});

	it('ends a turn that was stopped without asking the large model', async () => {
		const stop = new AbortController();
		const small = new Says('small', GOOD);
		small._generate = async () => {
			stop.abort();
			throw new Error('Aborted');
		};
		const { large, log } = cascade(small, new Says('large', GOOD));
		await expect(large.invoke('hello', { signal: stop.signal })).rejects.toThrow();
		expect(large.calls).toBe(0);
		expect(log).toEqual([{ failed: 'Error: Aborted' }]);
	});

	it('streams an accepted answer in pieces, once it is whole, with what was paid for it', async () => {
		const { large, calls } = cascade(new Says('small', GOOD), new Says('large', 'Abend'));
		const chunks = await streamed(large);
		expect(chunks.length).toBeGreaterThan(2);
		expect(textOf(chunks)).toBe(GOOD);
		expect(chunks.at(-1)).toMatchObject({
			usage_metadata,
			response_metadata: { finish_reason: 'stop' },
		});
		expect(chunks.at(-1)!.response_metadata).not.toHaveProperty('prompt_cache');
		expect(textOf(await streamed(large))).toBe(GOOD);
		expect(calls()).toEqual([1, 0]);
	});

	it('streams nothing of a refused answer, only the answer of the large model', async () => {
		const { large, calls } = cascade(new Says('small', UNSURE), new Says('large', GOOD));
		expect(textOf(await streamed(large))).toBe(GOOD);
		expect(textOf(await streamed(large))).toBe(GOOD);
		expect(calls()).toEqual([1, 1]);
	});

	it.each([
		[{ labels: 'yes, no' }, 'Yes.', 'perhaps'],
		[{ json: 'always' }, '{"a":1}', 'a is 1'],
		[{ schema: '{"required":["a"]}' }, '{"a":1}', '{"b":1}'],
		[{ pattern: '^\\d+$' }, '42', 'forty-two'],
		[{ minLength: 5 }, 'long enough', 'no'],
	] as const)('obeys the check %j', async (checks, good, bad) => {
		const small = new Says('small', good);
		const { large, calls } = cascade(small, new Says('large', GOOD), { ...checks });
		expect((await large.invoke('first')).text).toBe(good);
		small.answer = bad;
		expect((await large.invoke('second')).text).toBe(GOOD);
		expect(calls()).toEqual([2, 1]);
	});

	it('judges by log-probabilities where the small model tells them', async () => {
		const logprobs = { content: [{ token: 'May', logprob: -2 }] };
		const checks = { minMeanLogProb: -0.8 };
		const unsure = cascade(new Says('small', 'May', { logprobs }), new Says('large', GOOD), checks);
		expect((await unsure.large.invoke('hello')).text).toBe(GOOD);
		const silent = cascade(new Says('small 2', 'May'), new Says('large 2', GOOD), checks);
		expect((await silent.large.invoke('hello')).text).toBe('May');
	});

	it('serves no answer that was stored under other checks', async () => {
		const one = cascade(new Says('small', 'perhaps'), new Says('large', 'yes'));
		await one.large.invoke('hello');
		const labels = { labels: 'yes, no' };
		const two = cascade(new Says('small', 'perhaps'), new Says('large', 'yes'), labels);
		expect((await two.large.invoke('hello')).text).toBe('yes');
		expect(two.calls()).toEqual([1, 1]);
	});
});
