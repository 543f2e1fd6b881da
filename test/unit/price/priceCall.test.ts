import { describe, expect, it } from '@jest/globals';
import { reading } from '../../../nodes/shared/core/usage/reading';
import { unknownUsage } from '../../../nodes/shared/core/usage/record';
import { bundledPriceBook } from '../../../nodes/shared/drivers/prices/bundled';
import { priceCall } from '../../../nodes/shared/services/priceCall';
import { priceReply } from '../../../nodes/shared/services/priceReply';

const atMs = Date.parse('2026-11-20T12:00:00Z');
const book = bundledPriceBook();
const usage = { ...unknownUsage(), inputUncached: 1000, cacheRead: 9000, outputText: 100 };

describe('the price of a call', () => {
	it('says what the provider cache saved: 9,000 × (2,500 − 1,250) nano-USD', () => {
		const call = reading('openai-chat', usage, { model: 'gpt-4o' });
		expect(priceCall(call, book, { atMs }).providerCacheSavedNanoUsd).toBe(11_250_000);
	});

	it('says what a write cost more when nobody read it: 1,000 × (3,750 − 3,000)', () => {
		const written = { ...unknownUsage(), inputUncached: 0, cacheWrite5m: 1000, outputText: 0 };
		const call = reading('anthropic', written, { model: 'claude-sonnet-4-5' });
		expect(priceCall(call, book, { atMs }).providerCacheSavedNanoUsd).toBe(-750_000);
	});

	it('is 0 for a hit of the response cache, with the avoided cost beside it', () => {
		const call = reading('openai-chat', usage, { model: 'gpt-4o', cacheHit: true });
		expect(priceCall(call, book, { atMs })).toMatchObject({
			nanoUsd: 0,
			listNanoUsd: 1000 * 2500 + 9000 * 1250 + 100 * 10_000,
			source: 'response cache',
		});
	});

	it('compares a reported cost with the list price', () => {
		const call = reading('openrouter', usage, {
			model: 'openai/gpt-4o',
			reportedCost: { usd: '0.02', by: 'openrouter' },
		});
		const priced = priceCall(call, book, { atMs });
		expect(priced.nanoUsd).toBe(20_000_000);
		expect(priced.notes[0]).toContain('reported 20000000 nano-USD');
	});

	it('does not trust a negative reported cost', () => {
		const reply = {
			id: 'gen-1',
			provider: 'OpenAI',
			model: 'openai/gpt-4o',
			usage: { prompt_tokens: 100, completion_tokens: 10, cost: -1 },
		};
		expect(priceReply(reply, book, { atMs }).nanoUsd).toBe(100 * 2500 + 10 * 10_000);
	});

	it('prices a local model by the hour of the machine where that is wanted', () => {
		const call = reading('ollama', usage, { model: 'llama3.2', local: true, durationMs: 1800 });
		expect(priceCall(call, book, { atMs, localNanoUsdPerHour: 2_000_000_000 })).toMatchObject({
			nanoUsd: 1_000_000,
			source: 'own machine by the hour',
		});
		expect(
			priceCall({ ...call, durationMs: null }, book, { atMs, localNanoUsdPerHour: 1 }).nanoUsd,
		).toBeNull();
	});

	it('marks a price as estimated when the service tier has no published rate', () => {
		const call = reading('openai-chat', usage, { model: 'gpt-5-nano', serviceTier: 'priority' });
		expect(priceCall(call, book, { atMs }).estimated).toBe(true);
	});

	it('takes model and provider from the user where the reply names none', () => {
		const reply = { tokenUsage: { promptTokens: 10, completionTokens: 5 } };
		expect(priceReply(reply, book, { atMs }, { model: 'gpt-4o' }).nanoUsd).toBe(75_000);
	});

	it('is unknown for the whole when one leg is unknown', () => {
		const leg = (id: string, model: string): object => ({
			id,
			object: 'chat.completion',
			model,
			choices: [],
			usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
		});
		const priced = priceReply([leg('a', 'gpt-4o'), leg('b', 'house-model')], book, { atMs });
		expect(priced.nanoUsd).toBeNull();
		expect(priced.usage.inputUncached).toBe(20);
		expect(priced.source).toBe('unknown: no price for model house-model');
	});

	it.each([null, undefined, 'plain text', 42, {}, [], { error: { message: 'overloaded' } }])(
		'is unknown for %p',
		(response) => {
			expect(priceReply(response, book, { atMs })).toMatchObject({
				nanoUsd: null,
				usage: unknownUsage(),
				source: 'unknown: no token usage found',
			});
		},
	);
});
