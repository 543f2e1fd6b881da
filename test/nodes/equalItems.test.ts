import { beforeEach, describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import type { IDataObject, INodeExecutionData } from 'n8n-workflow';
import { CacheLookup } from '../../nodes/CacheLookup/CacheLookup.node';
import { CacheStore } from '../../nodes/CacheStore/CacheStore.node';
import { CostTracker } from '../../nodes/CostTracker/CostTracker.node';
import { nodeContext, type NodeRun } from '../support/nodeContext';
import { ownFolder } from '../support/ownFolder';

let folder: string;
beforeEach(() => {
	folder = ownFolder('equal');
});

const STORE = { name: 'Store', type: 'x.cacheStore' };
const ONCE = { equalItems: 'once' };
const cacheOf = (one: INodeExecutionData | undefined) => one?.json.cache as IDataObject;
const ask = (id: number, prompt: string, more: IDataObject = {}): INodeExecutionData => ({
	json: { id, prompt, ...more },
});
const reply = (text: string): IDataObject => ({
	object: 'chat.completion',
	model: 'gpt-4o',
	choices: [{ message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
	usage: { prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1100 },
});

async function lookUp(items: INodeExecutionData[], run: Partial<NodeRun> = {}) {
	const { options = ONCE, ...parameters } = run.parameters ?? {};
	const context = nodeContext({
		folder,
		items,
		children: [STORE],
		...run,
		parameters: { operation: 'lookup', backend: 'embedded', ...parameters, options },
	});
	const [hits, misses] = await new CacheLookup().execute.call(context);
	return { hits: hits!, misses: misses! };
}

/** Cache Store behind the lookup of `items`; `answered` is what became of each item that left by Miss. */
async function store(
	items: INodeExecutionData[],
	misses: INodeExecutionData[],
	answered: IDataObject[],
	run: Partial<NodeRun> = {},
) {
	const { parameters, ...more } = run;
	const context = nodeContext({
		folder,
		items: answered.map((json) => ({ json })),
		upstream: misses,
		upstreamParameters: { options: ONCE },
		source: items,
		...more,
		parameters: { operation: 'store', backend: 'embedded', entryFor: 'lookup', ...parameters },
	});
	const [stored] = await new CacheStore().execute.call(context);
	return stored!;
}

const placeOf = ({ pairedItem }: INodeExecutionData) => (pairedItem as { item: number }).item;

describe('equal items of one batch', () => {
	const items = [ask(1, 'a'), ask(2, 'b'), ask(3, 'a'), ask(4, 'a'), ask(5, 'c')];

	it('each ask the model where nothing else is said', async () => {
		const { misses } = await lookUp(items, { parameters: { options: {} } });
		expect(misses.map(({ json }) => json.id)).toEqual([1, 2, 3, 4, 5]);
	});

	it('leave as one that says which stand behind it, and come out of Cache Store as all of them', async () => {
		const { misses } = await lookUp(items);
		expect(misses.map(({ json }) => json.id)).toEqual([1, 2, 5]);
		expect(cacheOf(misses[0])!.equalItems).toMatchObject({
			node: 'Source',
			first: 0,
			items: [2, 3],
		});
		expect(cacheOf(misses[1])).not.toHaveProperty('equalItems');

		const answered = misses.map(({ json }) => ({ ...json, answer: `re ${json.prompt}` }));
		const stored = await store(items, misses, answered);
		expect(stored.map(({ json: { id, answer } }) => [id, answer])).toEqual([
			[1, 're a'],
			[3, 're a'],
			[4, 're a'],
			[2, 're b'],
			[5, 're c'],
		]);
		expect(stored.map(placeOf)).toEqual([0, 2, 3, 1, 2]);
		expect(stored[1]!.pairedItem).toMatchObject({ sourceOverwrite: { previousNode: 'Source' } });
		expect(cacheOf(stored[0])).toMatchObject({ status: 'miss', stored: true });
		expect(cacheOf(stored[1])).toMatchObject({ status: 'hit', stored: true, leader: false });
		for (const one of stored) expect(cacheOf(one)).not.toHaveProperty('equalItems');
		expect(cacheOf(stored[1])).not.toHaveProperty('lease');

		const { hits } = await lookUp(items);
		expect(hits.map(({ json }) => [json.id, (json.response as IDataObject).answer])).toEqual([
			[1, 're a'],
			[2, 're b'],
			[3, 're a'],
			[4, 're a'],
			[5, 're c'],
		]);
	});

	it('share the answer where the model node keeps nothing of the item', async () => {
		const { misses } = await lookUp(items);
		const stored = await store(items, misses, [reply('A'), reply('B'), reply('C')]);
		expect(stored.map(({ json: { choices } }) => choices)).toEqual(
			['A', 'A', 'A', 'B', 'C'].map((text) => reply(text).choices),
		);
		expect(stored.every(({ json }) => json.id === undefined)).toBe(true);
		expect(stored.slice(1, 3).map(placeOf)).toEqual([2, 3]);
	});

	it('keep their own fields and files at every depth, and lose what a node took away', async () => {
		const body = (user: string) => ({
			model: 'm',
			messages: [{ role: 'user', content: 'a' }],
			user,
		});
		const file = (fileName: string) => ({
			mail: { mimeType: 'text/plain', data: 'c2FtZQ==', fileName },
		});
		const asked = [
			{ json: { body: body('ann'), secret: 's1' }, binary: file('ann') },
			{ json: { body: body('bob'), secret: 's2', copy: true }, binary: file('bob') },
		];
		const { misses } = await lookUp(asked);
		expect(misses).toHaveLength(1);
		const { secret: _secret, ...kept } = misses[0]!.json;
		const changed = { ...kept, body: { ...(kept.body as IDataObject), sent: true }, answer: 'A' };
		const chart = { mimeType: 'image/png', data: 'chart' };
		const [, second] = await store(asked, misses, [], {
			items: [{ json: changed, binary: { ...misses[0]!.binary, chart } }],
		});
		const { cache: _cache, ...json } = second!.json;
		expect(json).toEqual({ body: { ...body('bob'), sent: true }, answer: 'A' });
		expect(second!.binary).toEqual({ ...file('bob'), chart });
	});

	it('get the answer too where it is not stored, and where the model failed its error', async () => {
		const { misses } = await lookUp(items);
		const cut = { choices: [{ message: { content: 'half' }, finish_reason: 'length' }] };
		const stored = await store(items, misses, [cut, { error: { message: 'quota' } }, reply('C')]);
		expect(stored.map((one) => cacheOf(one)!.stored)).toEqual([false, false, false, false, true]);
		expect(stored[2]!.json.choices).toEqual(cut.choices);

		const others = [ask(6, 'z'), ask(7, 'z')];
		const again = await lookUp(others);
		const failed = await store(others, again.misses, [{ error: { message: 'quota' } }]);
		expect(failed.map(({ json }) => json.error)).toEqual([
			{ message: 'quota' },
			{ message: 'quota' },
		]);
		expect(cacheOf(failed[1])).toMatchObject({ status: 'miss', stored: false });
	});

	it('come out as errors, none missing, where Cache Store itself fails', async () => {
		const { misses } = await lookUp(items);
		const answered = misses.map(({ json }) => ({ ...json, answer: 'A' }));
		const run = { continueOnFail: true, parameters: { backend: 'mongo' } };
		const failed = await store(items, misses, answered, run);
		expect(failed).toHaveLength(5);
		for (const { json } of failed) expect(Object.keys(json).sort()).toEqual(['error', 'message']);
	});

	it('are asked for once and given out though the backend is down', async () => {
		folder = join(__filename, 'a-file-is-no-folder');
		const { misses } = await lookUp(items);
		expect(misses).toHaveLength(3);
		expect(await store(items, misses, [reply('A'), reply('B'), reply('C')])).toHaveLength(5);
	});

	it('leave without their own fields rather than not at all where n8n has them no more', async () => {
		const { misses } = await lookUp(items);
		const answered = misses.map(({ json }) => ({ ...json, answer: 'A' }));
		const stored = await store(items, misses, answered, { source: undefined });
		expect(stored.map(({ json }) => json.answer)).toEqual(['A', 'A', 'A', 'A', 'A']);
	});

	it.each([
		['no Cache Store is behind', []],
		[
			'the Cache Store behind does something else',
			[{ ...STORE, parameters: { operation: 'inspect' } }],
		],
		['another lookup stands in between', [{ name: 'Second', type: 'x.cacheLookup' }, STORE]],
	])('each ask the model where %s, and the user is told', async (_name, children) => {
		const hints: string[] = [];
		const { misses } = await lookUp(items, { children, hints });
		expect(misses).toHaveLength(5);
		expect(hints[0]).toContain('no Cache Store was found');
	});

	it('are equal where one has an empty list of files and the other none', async () => {
		const { misses } = await lookUp([ask(1, 'a'), { ...ask(2, 'a'), binary: {} }]);
		expect(misses.map(({ json }) => json.id)).toEqual([1]);
	});

	it('each ask where they want no cached answer', async () => {
		const options = { ...ONCE, cacheControl: 'no-store' };
		expect((await lookUp(items, { parameters: { options } })).misses).toHaveLength(5);
	});

	it('are all served by a lookup that falls back where the model failed', async () => {
		const asked = [ask(1, 'a'), ask(2, 'a')];
		const { misses: before } = await lookUp(asked);
		await store(asked, before, [{ answer: 'old' }], { parameters: { graceSeconds: 60 } });
		const options = { ...ONCE, cacheControl: 'min-fresh=7200' };
		const { misses } = await lookUp(asked, { parameters: { options } });
		expect(misses).toHaveLength(1);
		const { hits } = await lookUp([{ json: { ...misses[0]!.json, error: 'down' } }], {
			parameters: { operation: 'fallback' },
			upstream: misses,
			upstreamParameters: { options },
			source: asked,
		});
		expect(hits.map(({ json: { id, response } }) => [id, response])).toEqual([
			[1, { answer: 'old' }],
			[2, { answer: 'old' }],
		]);
	});

	describe('in the ledger', () => {
		const track = async (given: INodeExecutionData[], run: Partial<NodeRun> = {}) => {
			const { parameters, ...more } = run;
			const context = nodeContext({
				folder,
				items: given,
				execution: '1',
				...more,
				parameters: { operation: 'record', backend: 'embedded', ...parameters },
			});
			return (await new CostTracker().execute.call(context))[0]!;
		};
		const booked = async () => {
			const [one] = await track([{ json: {} }], { parameters: { operation: 'report', days: 1 } });
			return (one!.json.report as { totals: IDataObject }).totals;
		};
		const answers = [reply('A'), reply('B'), reply('C')];

		it('are one call and otherwise hits', async () => {
			const { misses } = await lookUp(items);
			await track(await store(items, misses, answers));
			const totals = await booked();
			expect(totals).toMatchObject({ calls: 3, hits: 2 });
			expect(Number(totals.avoidedUsd) * 3).toBeCloseTo(Number(totals.spendUsd) * 2);
		});

		it('are so too where the Cost Tracker stands before Cache Store, and one behind it adds nothing', async () => {
			const { misses } = await lookUp(items);
			const behindLookup = { upstream: misses, upstreamParameters: { options: ONCE } };
			const answered = answers.map((json) => ({ json }));
			const tracked = await track(answered, behindLookup);
			expect(await booked()).toMatchObject({ calls: 3, hits: 2 });
			await track(answered, behindLookup);
			const stored = await store(
				items,
				misses,
				tracked.map(({ json }) => json),
			);
			expect(stored.map(({ json }) => (json.cost as IDataObject).usd)).toEqual([
				0.0035, 0, 0, 0.0035, 0.0035,
			]);
			expect(await track(stored)).toEqual(
				stored.map((one, item) => ({ ...one, pairedItem: { item } })),
			);
			const totals = await booked();
			expect(totals).toMatchObject({ calls: 3, hits: 2, spendUsd: 0.0105, avoidedUsd: 0.007 });
		});

		it('keep what a call before the lookup cost each of them', async () => {
			const draft = { usd: 0.001, booked: ['x'] };
			const asked = [ask(1, 'a', { draft }), ask(2, 'a', { draft })];
			const { misses } = await lookUp(asked);
			const stored = await store(asked, misses, [{ ...misses[0]!.json, ...reply('A') }]);
			expect(stored.map(({ json }) => json.draft)).toEqual([draft, draft]);
		});
	});
});
