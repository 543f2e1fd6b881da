import { describe, expect, it } from '@jest/globals';
import type { IDataObject } from 'n8n-workflow';
import { costOf, inOwnFolders, reply, run, totals } from '../support/costTracker';

inOwnFolders();

const REQUEST = {
	model: 'gpt-4o',
	messages: [{ role: 'user', content: 'What is the capital of France?' }],
};
const miss = { status: 'miss', key: 'k', namespace: 'default' };
/** A reply of a server that reports no usage. */
const silent = (content = 'The capital of France is Paris.'): IDataObject => {
	const { usage: _none, ...rest } = reply('gpt-4o', 0, 0);
	return { ...rest, choices: [{ index: 0, message: { role: 'assistant', content } }] };
};
const estimating = { options: { estimateTokens: true } };

async function record(
	json: IDataObject,
	more: { upstream?: IDataObject; parameters?: IDataObject },
) {
	const [items] = await run({
		operation: 'record',
		jsons: [json],
		upstream: more.upstream && [more.upstream],
		parameters: more.parameters ?? estimating,
	});
	return costOf(items![0]);
}

describe('where no tokens were reported, Cost Tracker', () => {
	it('leaves the cost unknown, and books nothing, unless it was told to estimate', async () => {
		const cost = await record(silent(), {
			upstream: { body: REQUEST, cache: miss },
			parameters: {},
		});
		expect(cost).toMatchObject({ usd: null, estimated: false });
		expect(cost.hints.join()).toContain('No token usage found');
		expect(await totals()).toMatchObject({ calls: 0 });
	});

	it('counts request and answer when told to: (9 + 4 for the message)×2,500 + 7×10,000 nano-USD, marked as estimated', async () => {
		const cost = await record(silent(), { upstream: { body: REQUEST, cache: miss } });
		expect(cost).toMatchObject({
			usd: 0.0001025,
			estimated: true,
			model: 'gpt-4o',
			usage: { inputUncached: 13, outputText: 7, cacheRead: null, reasoning: null },
			hints: ['No tokens were reported: they are counted on the texts, an estimate'],
		});
		expect(await totals()).toMatchObject({ calls: 1, spendUsd: 0.0001025, inputTokens: 13 });
	});

	it('finds the request in the item where no lookup came before', async () => {
		const cost = await record({ ...REQUEST, output: 'The capital of France is Paris.' }, {});
		expect(cost).toMatchObject({ usd: 0.0001025, estimated: true });
	});

	it('never replaces what was reported', async () => {
		const cost = await record(reply('gpt-4o', 100, 10), {
			upstream: { body: REQUEST, cache: miss },
		});
		expect(cost).toMatchObject({ usd: 0.00035, estimated: false, hints: [] });
	});

	it.each([
		['failed', { error: { message: 'overloaded' } }],
		['failed with a status', { statusCode: 503, body: 'try again later' }],
		['has no text', silent('')],
		['has a shape that nobody knows', { rows: 3, ok: true }],
	])('does not guess a cost for a call that %s', async (_what, json) => {
		const cost = await record(json, { upstream: { body: REQUEST, cache: miss } });
		expect(cost).toMatchObject({ usd: null, estimated: false });
		expect(await totals()).toMatchObject({ calls: 0 });
	});

	it.each([
		['no request', { output: 'Paris' }],
		['only a text that could be either', { text: 'Paris' }],
	])('does not guess where the item holds %s', async (_what, json) => {
		expect(await record(json, {})).toMatchObject({ usd: null, estimated: false });
	});

	it('takes the model from its parameter where the request names none', async () => {
		const { model: _model, ...request } = REQUEST;
		const { model: _other, ...answer } = silent();
		const cost = await record(answer, {
			upstream: { body: request, cache: miss },
			parameters: { ...estimating, model: 'gpt-4o' },
		});
		expect(cost).toMatchObject({ usd: 0.0001025, model: 'gpt-4o', estimated: true });
	});

	it('estimates what a hit avoided', async () => {
		const hit = { body: REQUEST, response: silent(), cache: { ...miss, status: 'hit' } };
		expect(await record(hit, {})).toMatchObject({
			usd: 0,
			avoidedUsd: 0.0001025,
			cacheHit: true,
			estimated: true,
		});
	});

	it('books an estimated call once where a second Cost Tracker follows, and another call after it', async () => {
		const before = { upstream: [{ body: REQUEST, cache: miss }], parameters: estimating };
		const first = await run({ operation: 'record', jsons: [silent()], ...before });
		const json = first[0]![0]!.json;
		const second = await run({ operation: 'record', jsons: [json], ...before });
		expect(second[0]![0]!.json).toEqual(json);
		expect(await totals()).toMatchObject({ calls: 1, spendUsd: 0.0001025 });

		const { cost } = second[0]![0]!.json;
		await run({ operation: 'record', jsons: [{ ...silent('Paris.'), cost }], ...before });
		expect(await totals()).toMatchObject({ calls: 2 });
	});

	it('estimates no item on top of the runs of a chat model, which hold its call already', async () => {
		const tokenUsage = { promptTokens: 100, completionTokens: 10, totalTokens: 110 };
		const ran = {
			inputOverride: { ai_languageModel: [[{ json: { options: { model: 'gpt-4o' } } }]] },
			data: { ai_languageModel: [[{ json: { response: {}, tokenUsage } }]] },
		};
		const jsons = [1, 2, 3].map(() => ({ ...REQUEST, output: 'The capital of France is Paris.' }));
		const runData = { 'OpenAI Chat Model': [ran, ran, ran] } as unknown as IDataObject;
		await run({ operation: 'record', jsons, runData, parameters: estimating });
		expect(await totals()).toMatchObject({ calls: 3, inputTokens: 300, outputTokens: 30 });
	});
});
