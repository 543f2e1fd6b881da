import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BaseChatModel } from '@langchain/core/language_models/chat_models';
import { AIMessage, AIMessageChunk, HumanMessage } from '@langchain/core/messages';
import { ChatGenerationChunk } from '@langchain/core/outputs';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseCacheControl } from '../../nodes/shared/core/freshness/cacheControl';
import { cacheChatModel } from '../../nodes/shared/langchain/cacheChatModel';
import type { TurnLog } from '../../nodes/shared/langchain/cachedTurn';
import { closeConnections, embeddedConnection } from '../../nodes/shared/n8n/connections';
import { createChatCache } from '../../nodes/shared/services/chatCache';
import type { ChatCacheSettings } from '../../nodes/shared/services/chatTurn';
import { chatSettings, host } from '../support/chatCache';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'prompt-cache-chat-'));
afterAll(() => {
	closeConnections();
	fs.rmSync(folder, { recursive: true, force: true });
});

/** What a provider's class does, without the provider: it says back what it was asked, word by word. */
class Parrot extends BaseChatModel {
	calls = 0;
	/** Happens while it answers. */
	answering?: () => void;
	failure: Error | undefined;
	model = 'parrot-1';

	constructor(
		private readonly whole: boolean = false,
		private readonly finish: string | null = 'stop',
	) {
		super({});
	}

	override _llmType() {
		return 'parrot';
	}

	override async _generate(
		...[messages, options, runManager]: Parameters<BaseChatModel['_generate']>
	) {
		const text = `You said ${messages.at(-1)!.text}`;
		if (this.whole) {
			// Ollama's and Anthropic's classes answer in one piece by streaming to themselves.
			let all = new ChatGenerationChunk({ text: '', message: new AIMessageChunk('') });
			for await (const chunk of this._streamResponseChunks(messages, { ...options }, runManager)) {
				all = all.concat(chunk);
			}
			return { generations: [all] };
		}
		this.calls++;
		this.answering?.();
		if (this.failure) throw this.failure;
		const message = new AIMessage({
			content: text,
			response_metadata: { finish_reason: this.finish },
		});
		return { generations: [{ text, message }] };
	}

	override async *_streamResponseChunks(
		...[messages]: Parameters<BaseChatModel['_streamResponseChunks']>
	) {
		this.calls++;
		for (const text of `You said ${messages.at(-1)!.text}`.split(/(?<= )/)) {
			if (this.failure) throw this.failure;
			yield new ChatGenerationChunk({ text, message: new AIMessageChunk(text) });
		}
		const usage_metadata = { input_tokens: 5, output_tokens: 4, total_tokens: 9 };
		const generationInfo = this.finish ? { finish_reason: this.finish } : {};
		yield new ChatGenerationChunk({
			text: '',
			message: new AIMessageChunk({ content: '', usage_metadata }),
			generationInfo,
		});
	}
}

const settings = (more: Partial<ChatCacheSettings> = {}) => chatSettings(`test ${namespace}`, more);

let namespace = 0;
beforeEach(() => {
	namespace++;
});

/** What the node would write into its run data. */
type Entry = { what: 'served' | 'answered' | 'failed'; reasons: string[] };

function cached(model: Parrot, more: Partial<ChatCacheSettings> = {}) {
	const log: Entry[] = [];
	const begin = (): TurnLog => ({
		index: log.length,
		served: ({ reasons }) => log.push({ what: 'served', reasons }),
		answered: (_turn, _answer, { reasons }) => log.push({ what: 'answered', reasons }),
		escalated: () => undefined,
		failed: (error) => log.push({ what: 'failed', reasons: [String(error)] }),
	});
	const { ask } = createChatCache(settings(more), async () => embeddedConnection(folder), Date.now);
	cacheChatModel(model, { host, ask, begin });
	return { model, log };
}

const hello = [new HumanMessage('hello')];

async function streamed(model: BaseChatModel, text: string, least = Infinity): Promise<string[]> {
	const parts: string[] = [];
	for await (const chunk of await model.stream(text)) {
		parts.push(chunk.text);
		if (parts.length >= least) break;
	}
	return parts;
}

describe('a chat model with the cache in it', () => {
	it('is asked once, and answers the same again', async () => {
		const { model, log } = cached(new Parrot());
		const first = await model.invoke(hello);
		const second = await model.invoke(hello);
		expect(model.calls).toBe(1);
		expect(second.content).toBe(first.content);
		expect(log.map(({ what }) => what)).toEqual(['answered', 'served']);
	});

	it('says that an answer came from the cache, and bills no token for it', async () => {
		const { model } = cached(new Parrot());
		await streamed(model, 'hello');
		const { usage_metadata: usage, response_metadata: metadata } = await model.invoke(hello);
		expect(usage).toMatchObject({ input_tokens: 0, output_tokens: 0, total_tokens: 0 });
		expect(metadata).toMatchObject({
			finish_reason: 'stop',
			prompt_cache: { hit: true, paid_usage: { input_tokens: 5, output_tokens: 4 } },
		});
	});

	it('streams what was answered in one piece, with finish reason and usage at the end', async () => {
		const { model } = cached(new Parrot());
		await model.invoke([new HumanMessage('a sentence of some words')]);
		const chunks: AIMessageChunk[] = [];
		for await (const chunk of await model.stream('a sentence of some words')) chunks.push(chunk);
		expect(model.calls).toBe(1);
		expect(chunks.length).toBeGreaterThan(2);
		expect(chunks.map(({ text }) => text).join('')).toBe('You said a sentence of some words');
		expect(chunks.at(-1)).toMatchObject({
			usage_metadata: { total_tokens: 0 },
			response_metadata: { finish_reason: 'stop' },
		});
	});

	it('stays cached in the copies it makes of itself', async () => {
		const { model } = cached(new Parrot());
		await model.withConfig({ tags: ['copy'] }).invoke(hello);
		await model.invoke(hello);
		expect(model.calls).toBe(1);
	});

	it('does not wait for itself where its class answers by streaming to itself', async () => {
		const { model, log } = cached(new Parrot(true));
		await model.invoke(hello);
		await model.invoke(hello);
		expect(model.calls).toBe(1);
		expect(log).toHaveLength(2);
	});

	it('keeps no stream whose reader went away', async () => {
		const { model, log } = cached(new Parrot());
		expect(await streamed(model, 'a b c d e', 2)).toHaveLength(2);
		expect(log.map(({ what }) => what)).toEqual(['failed']);
		expect((await streamed(model, 'a b c d e')).join('')).toBe('You said a b c d e');
		expect(model.calls).toBe(2);
	});

	it('keeps no stream that failed, passes its error on, and is free for the next call', async () => {
		const { model } = cached(new Parrot());
		model.failure = new Error('overloaded');
		await expect(streamed(model, 'hello')).rejects.toThrow('overloaded');
		model.failure = undefined;
		await streamed(model, 'hello');
		await streamed(model, 'hello');
		expect(model.calls).toBe(2);
	});

	it.each([
		['that tells no finish reason', null, 'the stream ended without a finish reason'],
		['that was cut', 'length', 'the answer was cut (finish reason length)'],
	])('keeps no stream %s', async (_what, finish, reason) => {
		const { model, log } = cached(new Parrot(false, finish));
		await streamed(model, 'hello');
		expect(log[0]).toEqual({ what: 'answered', reasons: [reason] });
		await streamed(model, 'hello');
		expect(model.calls).toBe(2);
	});

	it('is stored though the connection idled and was closed while the model answered', async () => {
		const parrot = new Parrot();
		parrot.answering = closeConnections;
		const { model } = cached(parrot);
		await model.invoke(hello);
		await model.invoke(hello);
		expect(model.calls).toBe(1);
	});

	it('serves an expired answer while the model fails, and only then', async () => {
		const { model, log } = cached(new Parrot(), {
			keep: { ...settings().keep, ttlMs: 1 },
		});
		await model.invoke(hello);
		await new Promise((resolve) => setTimeout(resolve, 20));
		model.failure = new Error('down');
		expect((await model.invoke(hello)).text).toBe('You said hello');
		expect(log.at(-1)!.what).toBe('served');
		model.failure = undefined;
		await model.invoke(hello);
		expect(model.calls).toBe(3);
	});

	it('matching by meaning lets one of those who meet an expired answer fetch a fresh one', async () => {
		const { model } = cached(new Parrot(), {
			keep: { ...settings().keep, ttlMs: 300 },
			control: parseCacheControl('stale-while-revalidate=600'),
			near: async () => undefined,
		});
		await model.invoke(hello);
		await new Promise((resolve) => setTimeout(resolve, 400));
		await Promise.all([model.invoke(hello), model.invoke(hello), model.invoke(hello)]);
		expect(model.calls).toBe(2);
	});

	it("fails with the model's own error where nothing may be served instead", async () => {
		const { model } = cached(new Parrot(), { serveStaleOnError: false });
		model.failure = new Error('no credit left');
		await expect(model.invoke(hello)).rejects.toThrow('no credit left');
	});

	it('answers equal calls at once by one call', async () => {
		const { model } = cached(new Parrot());
		const all = await Promise.all(Array.from({ length: 20 }, () => model.invoke(hello)));
		expect(model.calls).toBe(1);
		expect(new Set(all.map(({ text }) => text)).size).toBe(1);
	});

	it('answers from the cache alone where that is asked for', async () => {
		const { model } = cached(new Parrot(), { control: parseCacheControl('only-if-cached') });
		await expect(model.invoke(hello)).rejects.toThrow('only-if-cached');
		expect(model.calls).toBe(0);
	});

	it('is as it was with no-store', async () => {
		const { model } = cached(new Parrot(), { control: parseCacheControl('no-store') });
		await model.invoke(hello);
		await model.invoke(hello);
		expect(model.calls).toBe(2);
	});
});
