import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { IDataObject, INodeExecutionData } from 'n8n-workflow';
import { CostTracker } from '../../nodes/CostTracker/CostTracker.node';
import type { CostField } from '../../nodes/shared/services/track';
import type { BudgetField } from '../../nodes/shared/services/budget';
import { closeConnections } from '../../nodes/shared/n8n/connections';
import { nodeContext } from '../support/nodeContext';

let folder: string;
let executions = 0;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'prompt-cache-cost-'));
});
afterAll(closeConnections);

interface Run {
	operation: string;
	parameters?: IDataObject;
	jsons?: IDataObject[];
	/** By default every run is an execution of its own. */
	execution?: string;
	continueOnFail?: boolean;
	/** Run data of AI sub-nodes, by node name. */
	runData?: IDataObject;
	credentials?: IDataObject;
	customData?: Map<string, unknown>;
}

async function run({
	jsons = [{}],
	parameters = {},
	...rest
}: Run): Promise<INodeExecutionData[][]> {
	const context = nodeContext({
		folder,
		items: jsons.map((json) => ({ json })),
		continueOnFail: rest.continueOnFail,
		credentials: rest.credentials,
		parameters: { operation: rest.operation, backend: 'embedded', ...parameters },
	});
	executions += 1;
	Object.assign(context, {
		getExecutionId: () => rest.execution ?? `execution-${executions}`,
		getWorkflow: () => ({ id: '1', name: 'Support desk', active: false }),
		runExecutionData: { resultData: { runData: rest.runData ?? {} } },
		getParentNodes: (_name: string, options?: { connectionType?: string }) =>
			options?.connectionType === 'ai_languageModel'
				? Object.keys(rest.runData ?? {}).map((name) => ({
						name,
						type: 'x.lmChat',
						disabled: false,
					}))
				: [{ name: 'AI Agent', type: 'x.agent', disabled: false }],
		customData: rest.customData && {
			get: (key: string) => rest.customData?.get(key),
			set: (key: string, value: unknown) => rest.customData?.set(key, value),
		},
	});
	return await new CostTracker().execute.call(context);
}

const reply = (
	model: string,
	prompt: number,
	completion: number,
	more: IDataObject = {},
): IDataObject => ({
	id: 'chatcmpl-1',
	object: 'chat.completion',
	model,
	choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
	usage: {
		prompt_tokens: prompt,
		completion_tokens: completion,
		total_tokens: prompt + completion,
		...more,
	},
});
const cached = (tokens: number): IDataObject => ({
	prompt_tokens_details: { cached_tokens: tokens },
});

const costOf = (item: INodeExecutionData | undefined): CostField =>
	item?.json.cost as unknown as CostField;
const budgetOf = (item: INodeExecutionData | undefined): BudgetField =>
	item?.json.budget as unknown as BudgetField;

async function summary(parameters: IDataObject = {}): Promise<IDataObject> {
	const [[item]] = (await run({ operation: 'report', parameters: { days: 2, ...parameters } })) as [
		[INodeExecutionData],
	];
	return item.json.report as IDataObject;
}
const totals = async (): Promise<IDataObject> => (await summary()).totals as IDataObject;

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

const noRedis = {
	mode: 'standalone',
	host: '127.0.0.1',
	port: 1,
	user: '',
	password: '',
	database: 0,
	keyPrefix: 'pc:',
	encryptionKeys: '',
	tls: false,
};

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

describe('Cost Tracker, report and dashboard', () => {
	async function fill(): Promise<void> {
		await run({
			operation: 'record',
			jsons: [
				reply('gpt-4o', 1000, 100),
				{ cache: { status: 'hit' }, response: reply('gpt-4o', 1000, 100) },
			],
			parameters: {
				tags: 'web, vip',
				namespace: 'acme',
				promptName: '<img src=x onerror=alert(1)>',
			},
		});
		await run({ operation: 'record', jsons: [reply('gpt-4o-mini', 1000, 100)] });
	}

	it('sums up by model, workflow, namespace, tag and prompt', async () => {
		await fill();
		const by = (await summary({ days: 30 })).by as Record<string, IDataObject[]>;
		expect(by.model).toMatchObject([
			{ name: 'gpt-4o', spendUsd: 0.0035, avoidedUsd: 0.0035, responseHitRate: 0.5 },
			{ name: 'gpt-4o-mini', spendUsd: 0.00021, hits: 0 },
		]);
		expect(by.tag?.map(({ name }) => name)).toEqual(['vip', 'web']);
		expect(by.namespace).toMatchObject([{ name: 'acme' }, { name: 'default' }]);
		expect(by.workflow).toMatchObject([{ name: 'Support desk', calls: 2, hits: 1 }]);
	});

	it('makes one item a group on request, and filters', async () => {
		await fill();
		const parameters = {
			days: 30,
			reportFormat: 'table',
			groupBy: 'model',
			filter: { namespace: 'acme' },
		};
		const [rows] = await run({ operation: 'report', parameters });
		expect(rows?.map(({ json }) => json)).toMatchObject([{ model: 'gpt-4o', calls: 1, hits: 1 }]);
	});

	it.each(['csv', 'ndjson'])('writes the counters as %s', async (reportFormat) => {
		await fill();
		const [[item]] = (await run({
			operation: 'report',
			parameters: { days: 30, reportFormat },
		})) as [[INodeExecutionData]];
		const text = Buffer.from(item.binary?.data?.data ?? '', 'base64').toString();
		expect(item.json.rows).toBe(2);
		expect(text.trim().split(/\r?\n/)).toHaveLength(reportFormat === 'csv' ? 3 : 2);
		expect(text).toContain('3500000');
	});

	it('makes a page that carries everything inside and escapes every value', async () => {
		await fill();
		const parameters = { days: 30, title: '</title><script>alert(1)</script>' };
		const [[item]] = (await run({ operation: 'dashboard', parameters })) as [[INodeExecutionData]];
		const html = String(item.json.html);
		expect(html).toContain('&lt;img src=x onerror=alert(1)&gt;');
		expect(html).not.toMatch(/<script|<img|onerror=alert\(1\)>|<link|@import|url\(/);
		expect(html).not.toMatch(/\s(src|href)\s*=\s*["']/);
		expect(Buffer.from(item.binary?.data?.data ?? '', 'base64').toString()).toBe(html);
	});

	it('is an empty report where nothing was recorded', async () => {
		expect(await summary()).toMatchObject({ totals: { calls: 0, responseHitRate: null } });
		const [[item]] = (await run({ operation: 'dashboard', parameters: { days: 30 } })) as [
			[INodeExecutionData],
		];
		expect(item.json.html).toContain('No calls in this time.');
	});

	it.each([0, 1.5, 9999, Number.NaN])('refuses a report over %p days', async (days) => {
		await expect(run({ operation: 'report', parameters: { days } })).rejects.toThrow(
			'parameter "Days"',
		);
	});
});

describe('Cost Tracker', () => {
	it('names an operation it does not have', async () => {
		await expect(run({ operation: 'audit' })).rejects.toThrow('"audit" is not an operation');
	});
});
