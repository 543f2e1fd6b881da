import { describe, expect, it } from '@jest/globals';
import type { IDataObject, INodeExecutionData } from 'n8n-workflow';
import { cached, costOf, inOwnFolders, noRedis, reply, run, totals } from '../support/costTracker';

inOwnFolders();

describe('Cost Tracker, record', () => {
	it('prices a reply and passes the item through: 86×150 + 1,920×75 + 300×600 nano-USD', async () => {
		const json = reply('gpt-4o-mini', 2006, 300, cached(1920));
		const [[item]] = (await run({ operation: 'record', jsons: [json] })) as [[INodeExecutionData]];
		expect(item.json).toMatchObject(json);
		expect(item.pairedItem).toEqual({ item: 0 });
		expect(costOf(item)).toMatchObject({
			usd: 0.0003369,
			currency: 'USD',
			amount: 0.0003369,
			usage: { inputUncached: 86, cacheRead: 1920, outputText: 300, reasoning: null },
			rates: { source: 'genai-prices 0.1.8', version: '0.1.8' },
			estimated: false,
			cacheHit: false,
			avoidedUsd: 0,
			model: 'gpt-4o-mini',
			provider: 'openai',
			hints: [],
		});
		expect(costOf(item).providerCache.hitRate).toBeCloseTo(1920 / 2006, 9);
		expect(costOf(item).providerCache.savedUsd).toBe(0.000144);
	});

	it('books what it priced', async () => {
		await run({ operation: 'record', jsons: [reply('gpt-4o', 100, 10), reply('gpt-4o', 200, 20)] });
		expect(await totals()).toMatchObject({ calls: 2, spendUsd: 0.00105, inputTokens: 300 });
	});

	it('books a call once when a worker takes the same execution up again', async () => {
		const again = { operation: 'record', jsons: [reply('gpt-4o', 100, 10)], execution: '42' };
		await run(again);
		const [[item]] = (await run(again)) as [[INodeExecutionData]];
		expect(costOf(item).usd).toBe(0.00035);
		expect(await totals()).toMatchObject({ calls: 1 });
	});

	it('books a reply once when the item carries it along to a second Cost Tracker', async () => {
		const [[draft]] = (await run({
			operation: 'record',
			jsons: [{ draft: reply('gpt-4o-mini', 100, 10) }],
			execution: '9',
		})) as [[INodeExecutionData]];
		const [[same]] = (await run({ operation: 'record', jsons: [draft.json] })) as [
			[INodeExecutionData],
		];
		expect(same.json).toEqual(draft.json);
		const both = { ...draft.json, final: reply('gpt-4o', 100, 10) };
		const [[final]] = (await run({ operation: 'record', jsons: [both] })) as [[INodeExecutionData]];
		expect(costOf(final).usd).toBe(0.00035);
		expect(await totals()).toMatchObject({ calls: 2, spendUsd: 0.000371 });
	});

	it.each([
		['cost', 'euros'],
		['euros', 'cost'],
	])(
		'books a reply once though two Cost Trackers write it to "%s" and "%s", and prices it in both',
		async (first, second) => {
			const record = async (json: IDataObject, options: IDataObject) => {
				const run1 = { operation: 'record', jsons: [json], parameters: { options } };
				return ((await run(run1)) as [[INodeExecutionData]])[0][0].json;
			};
			const rate = { currency: 'EUR', exchangeRate: 0.5, exchangeRateDate: '2026-11-20' };
			const once = await record({ draft: reply('gpt-4o', 100, 10) }, { outputField: first });
			const twice = await record(once, { outputField: second, ...rate });
			expect(twice).toMatchObject({
				[first]: { usd: 0.00035, hints: [] },
				[second]: { usd: 0.00035, amount: 0.000175, hints: [/booked it/] },
			});
			expect(await totals()).toMatchObject({ calls: 1, spendUsd: 0.00035 });
			await record({ ...twice, final: reply('gpt-4o', 200, 20) }, {});
			expect(await totals()).toMatchObject({ calls: 2, spendUsd: 0.00105 });
		},
	);

	it('books a hit once past two Cost Trackers, and a call that follows it as a call', async () => {
		const record = async (json: IDataObject, options: IDataObject = {}) => {
			const passed = await run({ operation: 'record', jsons: [json], parameters: { options } });
			return passed[0]![0]!.json;
		};
		const cache = { status: 'hit', key: 'ab'.repeat(32) };
		const hit = await record({ cache, draft: reply('gpt-4o', 1000, 100) });
		const shown = await record(hit, { outputField: 'again' });
		expect(shown.again).toMatchObject({ usd: 0, cacheHit: true, avoidedUsd: 0.0035 });
		expect(await totals()).toMatchObject({ calls: 0, hits: 1, avoidedUsd: 0.0035 });
		const more = await record({ ...hit, final: reply('gpt-4o', 100, 10) });
		expect(more.cost).toMatchObject({ usd: 0.00035, cacheHit: false });
		expect(await totals()).toMatchObject({ calls: 1, hits: 1, spendUsd: 0.00035 });
		await record({ ...hit, cache: { status: 'hit', key: 'cd'.repeat(32) } });
		expect(await totals()).toMatchObject({ calls: 1, hits: 2 });
	});

	it('a hit of Cache Lookup costs 0, with the avoided cost beside it and the usage out of the totals', async () => {
		const hit = {
			cache: { status: 'hit', lookupMs: 3, saved: { latencyMs: 900 } },
			response: reply('gpt-4o', 1000, 100),
		};
		const [[item]] = (await run({ operation: 'record', jsons: [hit] })) as [[INodeExecutionData]];
		expect(costOf(item)).toMatchObject({ usd: 0, cacheHit: true, avoidedUsd: 0.0035 });
		expect(await totals()).toMatchObject({
			calls: 0,
			hits: 1,
			spendUsd: 0,
			avoidedUsd: 0.0035,
			inputTokens: 0,
			savedLatencyMs: 897,
			responseHitRate: 1,
		});
	});

	it('subtracts what the cache itself cost from what it saved', async () => {
		const hit = { cache: { status: 'hit' }, response: reply('gpt-4o', 1000, 100) };
		await run({
			operation: 'record',
			jsons: [hit],
			parameters: { options: { overheadUsd: 0.0005 } },
		});
		expect(await totals()).toMatchObject({
			avoidedUsd: 0.0035,
			overheadUsd: 0.0005,
			netAvoidedUsd: 0.003,
		});
	});

	it('counts a hit whose stored answer tells no usage, with an unknown saving', async () => {
		const hit = { cache: { status: 'stale' }, response: { answer: 'Paris' } };
		const [[item]] = (await run({ operation: 'record', jsons: [hit] })) as [[INodeExecutionData]];
		expect(costOf(item)).toMatchObject({ usd: 0, cacheHit: true, avoidedUsd: null });
		expect(await totals()).toMatchObject({ hits: 1, unknownCosts: 1 });
	});

	it('an unknown model has no cost, not 0, and a hint', async () => {
		const [[item]] = (await run({ operation: 'record', jsons: [reply('house-model', 10, 5)] })) as [
			[INodeExecutionData],
		];
		expect(costOf(item)).toMatchObject({ usd: null, amount: null });
		expect(costOf(item).hints).toEqual([
			'No price for model house-model: see "Model" and "Price Table"',
		]);
		expect(await totals()).toMatchObject({ calls: 1, unknownCosts: 1, spendUsd: 0 });
	});

	it('an item without usage has no cost and is not booked', async () => {
		const [[item]] = (await run({ operation: 'record', jsons: [{ text: 'Hi' }] })) as [
			[INodeExecutionData],
		];
		expect(costOf(item).usd).toBeNull();
		expect(costOf(item).hints[0]).toContain('No token usage found');
		expect(await totals()).toMatchObject({ calls: 0 });
	});

	it('takes the chat models under an AI Agent from the run data, each run once', async () => {
		const modelRun = (promptTokens: number): IDataObject => ({
			data: {
				ai_languageModel: [[{ json: { tokenUsage: { promptTokens, completionTokens: 10 } } }]],
			},
			inputOverride: { ai_languageModel: [[{ json: { options: { model: 'gpt-4o' } } }]] },
		});
		const runData = { 'OpenAI Chat Model': [modelRun(100), modelRun(300)] };
		const jsons = [{ output: 'Hi' }, { output: 'there' }];
		const [items] = await run({ operation: 'record', jsons, runData, execution: '7' });
		expect(costOf(items?.[0])).toMatchObject({
			usd: 0.0012,
			usage: { inputUncached: 400, outputText: 20 },
		});
		expect(costOf(items?.[1]).usd).toBeNull();
		await run({ operation: 'record', jsons, runData, execution: '7' });
		expect(await totals()).toMatchObject({ calls: 2, spendUsd: 0.0012 });
	});

	it('reads a field, with the model from the parameter', async () => {
		const [[item]] = (await run({
			operation: 'record',
			jsons: [{ deep: { list: [{ tokenUsage: { promptTokens: 10, completionTokens: 5 } }] } }],
			parameters: { usageFrom: 'field', usageField: 'deep.list[0]', model: 'gpt-4o' },
		})) as [[INodeExecutionData]];
		expect(costOf(item).usd).toBe(0.000075);
	});

	it('shows the amount in another currency', async () => {
		const options = { currency: 'EUR', exchangeRate: 0.92, exchangeRateDate: '2026-11-20' };
		const [[item]] = (await run({
			operation: 'record',
			jsons: [reply('gpt-4o', 100, 10)],
			parameters: { options },
		})) as [[INodeExecutionData]];
		expect(costOf(item)).toMatchObject({ usd: 0.00035, currency: 'EUR', amount: 0.000322 });
	});

	it("lets the user's own price table win", async () => {
		const priceTable = '{"gpt-4o": {"input_cost_per_token": 1e-06, "output_cost_per_token": 0}}';
		const [[item]] = (await run({
			operation: 'record',
			jsons: [reply('gpt-4o', 100, 10)],
			parameters: { options: { priceTable } },
		})) as [[INodeExecutionData]];
		expect(costOf(item)).toMatchObject({ usd: 0.0001, rates: { source: 'own price table' } });
	});

	it('adds spend, savings and hits to the execution', async () => {
		const customData = new Map<string, unknown>();
		const jsons = [
			reply('gpt-4o', 100, 10),
			{ cache: { status: 'hit' }, response: reply('gpt-4o', 100, 10) },
		];
		await run({ operation: 'record', jsons, customData });
		await run({ operation: 'record', jsons, customData });
		expect(Object.fromEntries(customData)).toEqual({
			llm_cost_usd: '0.000700000',
			llm_saved_usd: '0.000700000',
			llm_cache_hits: '2',
		});
	});

	it('a Redis that is down books nothing, says so, and does not break the workflow', async () => {
		const [[item]] = (await run({
			operation: 'record',
			jsons: [reply('gpt-4o', 100, 10)],
			parameters: { backend: 'redis' },
			credentials: { ...noRedis },
		})) as [[INodeExecutionData]];
		expect(costOf(item).usd).toBe(0.00035);
		expect(costOf(item).hints[0]).toMatch(/^Not booked, the backend is not available: /);
	});

	it.each<[string, IDataObject, string]>([
		['a price table that is not JSON', { options: { priceTable: '{' } }, 'parameter "Price Table"'],
		['a negative rate', { options: { priceTable: { m: { input_cost_per_token: -1 } } } }, '"m"'],
		['a currency without a rate', { options: { currency: 'EUR' } }, 'parameter "Exchange Rate"'],
		[
			'a field that is not there',
			{ usageFrom: 'field', usageField: 'nope' },
			'parameter "Usage Field"',
		],
		['an unknown source', { usageFrom: 'nowhere' }, 'parameter "Usage From"'],
		['a negative overhead', { options: { overheadUsd: -1 } }, 'parameter "Cache Overhead (USD)"'],
	])('names the parameter at fault: %s', async (_case, parameters, message) => {
		const jsons = [reply('gpt-4o', 1, 1)];
		await expect(run({ operation: 'record', parameters, jsons })).rejects.toThrow(message);
		const [[item]] = (await run({
			operation: 'record',
			parameters,
			jsons,
			continueOnFail: true,
		})) as [[INodeExecutionData]];
		expect(item.json.error).toContain(message);
		expect(await totals()).toMatchObject({ calls: 0 });
	});
});

describe('Cost Tracker', () => {
	it('names an operation it does not have', async () => {
		await expect(run({ operation: 'audit' })).rejects.toThrow('"audit" is not an operation');
	});
});
