import { describe, expect, it } from '@jest/globals';
import type { IDataObject, INodeExecutionData } from 'n8n-workflow';
import { budgetOf, inOwnFolders, noRedis, reply, run } from '../support/costTracker';

inOwnFolders();

describe('Cost Tracker, budget', () => {
	const check = (parameters: IDataObject, jsons: IDataObject[] = [{}]) =>
		run({
			operation: 'checkBudget',
			parameters: { budgetUsd: 1, reserveUsd: 0.3, ...parameters },
			jsons,
		});

	it('lets items through while their reservations fit, and sends the rest to Over', async () => {
		const [within, over] = await check({}, [{ n: 1 }, { n: 2 }, { n: 3 }, { n: 4 }]);
		expect(within?.map(({ json }) => json.n)).toEqual([1, 2, 3]);
		expect(over?.map(({ json }) => json.n)).toEqual([4]);
		expect(budgetOf(within?.[2])).toMatchObject({
			level: 'cheaperModel',
			reservedUsd: 0.9,
			limitUsd: 1,
		});
		expect(budgetOf(over?.[0])).toMatchObject({ level: 'cacheOnly', reservation: null });
	});

	it('becomes spent when the call is recorded, and stops at the limit', async () => {
		const [[item]] = (await check({ budgetUsd: 0.00035, reserveUsd: 0.0003 })) as [
			[INodeExecutionData],
		];
		const done = { ...reply('gpt-4o', 100, 10), budget: item.json.budget };
		await run({ operation: 'record', jsons: [done] });
		const [within, over] = await check({ budgetUsd: 0.00035, reserveUsd: 0.0003 });
		expect(within).toEqual([]);
		expect(budgetOf(over?.[0])).toMatchObject({
			level: 'stop',
			spentUsd: 0.00035,
			reservedUsd: 0,
			usedShare: 1,
		});
	});

	it('counts only what it watches', async () => {
		await run({
			operation: 'record',
			jsons: [reply('gpt-4o', 1000, 100)],
			parameters: { tags: 'web', namespace: 'acme' },
		});
		const spent = async (parameters: IDataObject): Promise<number> => {
			const [within] = await check({ reserveUsd: 0, ...parameters });
			return budgetOf(within?.[0]).spentUsd;
		};
		expect(await spent({ budgetScope: 'all' })).toBe(0.0035);
		expect(await spent({ budgetScope: 'thisWorkflow', budgetPeriod: 'month' })).toBe(0.0035);
		expect(await spent({ budgetScope: 'namespace', budgetScopeValue: 'acme' })).toBe(0.0035);
		expect(await spent({ budgetScope: 'tag', budgetScopeValue: 'web' })).toBe(0.0035);
		expect(await spent({ budgetScope: 'model', budgetScopeValue: 'gpt-4o' })).toBe(0.0035);
		expect(await spent({ budgetScope: 'model', budgetScopeValue: 'gpt-4o-mini' })).toBe(0);
	});

	it('goes from alert over a cheaper model and the cache alone to stop', async () => {
		const level = async (spentUsd: number): Promise<string> => {
			const namespace = `level-${spentUsd}`;
			const one = {
				id: 'gen-1',
				model: 'openai/gpt-4o',
				usage: { prompt_tokens: 1, completion_tokens: 1, cost: spentUsd, cost_details: {} },
			};
			await run({ operation: 'record', jsons: [one], parameters: { namespace } });
			const [within, over] = await check({
				reserveUsd: 0.01,
				budgetScope: 'namespace',
				budgetScopeValue: namespace,
				budgetOptions: { cacheOnlyPercent: 95 },
			});
			return budgetOf(within?.[0] ?? over?.[0]).level;
		};
		expect(await level(0.5)).toBe('ok');
		expect(await level(0.8)).toBe('alert');
		expect(await level(0.92)).toBe('cheaperModel');
		expect(await level(0.96)).toBe('cacheOnly');
		expect(await level(1.2)).toBe('stop');
	});

	it('reserves what the estimate on the item says', async () => {
		const [within] = await check({}, [{ estimate: { usd: 0.75 } }]);
		expect(budgetOf(within?.[0]).reservedUsd).toBe(0.75);
	});

	it('with the backend down it does as the option says', async () => {
		const down = { backend: 'redis' };
		const credentials = { ...noRedis };
		const base = { operation: 'checkBudget', credentials };
		const [within] = await run({ ...base, parameters: { ...down, budgetUsd: 1 } });
		expect(within?.[0]?.json.budget).toMatchObject({ level: 'unknown' });
		const [, over] = await run({
			...base,
			parameters: { ...down, budgetUsd: 1, budgetOptions: { onBackendError: 'over' } },
		});
		expect(over).toHaveLength(1);
	});

	it.each<[string, IDataObject, string]>([
		['a negative budget', { budgetUsd: -1 }, 'parameter "Budget (USD)"'],
		['no value to watch', { budgetScope: 'tag' }, 'parameter "Value"'],
	])('names the parameter at fault: %s', async (_case, parameters, message) => {
		await expect(check(parameters)).rejects.toThrow(message);
	});
});

describe('Cost Tracker, estimate', () => {
	it('says what a request will cost before it is sent', async () => {
		const request = {
			model: 'gpt-4o',
			max_tokens: 100,
			messages: [{ role: 'user', content: 'hello '.repeat(1000) }],
		};
		const [[item]] = (await run({ operation: 'estimate', jsons: [{ body: request }] })) as [
			[INodeExecutionData],
		];
		const estimate = item.json.estimate as IDataObject;
		expect(estimate).toMatchObject({ estimated: true, model: 'gpt-4o', outputTokens: 100 });
		expect(Number(estimate.inputTokens)).toBeGreaterThan(1000);
		expect(Number(estimate.inputTokens)).toBeLessThan(1030);
		expect(estimate.usd).toBeCloseTo((Number(estimate.inputTokens) * 2500 + 100 * 10_000) / 1e9, 9);
	});

	it('compares requests of one prompt name, says what breaks the prefix, and gives the request back reordered', async () => {
		const ask = (day: number): IDataObject => ({
			body: {
				model: 'gpt-4o',
				messages: [
					{
						role: 'system',
						content: `Today: 2026-11-${day}\n${'always be kind to people\n'.repeat(300)}`,
					},
					{ role: 'user', content: 'Hi' },
				],
			},
		});
		const parameters = { analyseCaching: true, promptName: 'Support answer' };
		await run({ operation: 'estimate', jsons: [ask(20)], parameters });
		const [[item]] = (await run({ operation: 'estimate', jsons: [ask(21)], parameters })) as [
			[INodeExecutionData],
		];
		const estimate = item.json.estimate as {
			caching: IDataObject;
			request: { messages: IDataObject[] };
		};
		expect(estimate.caching).toMatchObject({
			calls: 2,
			eligible: true,
			brokenBy: { path: 'messages[0]', cause: 'date' },
		});
		expect(estimate.request.messages.map(({ role }) => role)).toEqual(['system', 'system', 'user']);
	});

	it('has no cost for a model nobody lists', async () => {
		const [[item]] = (await run({
			operation: 'estimate',
			jsons: [{ body: { model: 'house-model', messages: [{ role: 'user', content: 'Hi' }] } }],
		})) as [[INodeExecutionData]];
		expect(item.json.estimate).toMatchObject({ usd: null });
	});
});
