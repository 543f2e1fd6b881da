import { beforeEach, describe, expect, it } from '@jest/globals';
import type { IDataObject, INodeExecutionData } from 'n8n-workflow';
import { CacheLookup } from '../../nodes/CacheLookup/CacheLookup.node';
import { CacheStore } from '../../nodes/CacheStore/CacheStore.node';
import { inOwnFolders, reply, run as runTracker, totals } from '../support/costTracker';
import { nodeContext } from '../support/nodeContext';
import { ownFolder } from '../support/ownFolder';

const QUESTION = 'How do I reset my password?';
const AGAIN = 'hello, how do i reset my password';
const LINK = 'Use the link that we send you by mail.';
const PAGE = 'Open the settings, choose Security, then New Password.';

inOwnFolders();

let folder: string;
beforeEach(() => {
	folder = ownFolder('judge');
});

/** A chat model that says one thing, and remembers what it was asked. */
function says(text: string | (() => Promise<never>)) {
	const asked: string[] = [];
	return {
		asked,
		model: 'gpt-4o-mini',
		invoke: async (prompt: string) => {
			asked.push(prompt);
			if (typeof text === 'function') return await text();
			return {
				content: text,
				usage_metadata: { input_tokens: 1_000, output_tokens: 1, total_tokens: 1_001 },
				response_metadata: { model_name: 'gpt-4o-mini' },
			};
		},
	};
}

const cacheOf = (one: INodeExecutionData | undefined) => one?.json.cache as IDataObject;

async function answer(
	prompt: string,
	text: string,
	connected?: unknown,
	semantic: IDataObject = {},
): Promise<INodeExecutionData> {
	const [stored] = await answers(['gpt-4o-mini'], prompt, text, connected, semantic);
	return stored!;
}

/** Asks several models by the policy Shadow with the label by a judge, and stores their answers in one run. */
async function answers(
	models: string[],
	prompt: string,
	text: string,
	connected?: unknown,
	semantic: IDataObject = {},
): Promise<INodeExecutionData[]> {
	const messages = [{ role: 'user', content: prompt }];
	const asked = models.map((model) => ({ json: { body: { model, messages } } }));
	const common = { backend: 'embedded', namespace: 'default' };
	const lookup = {
		...common,
		operation: 'lookup',
		source: 'auto',
		match: 'semantic',
		semantic: { policy: 'shadow', labelBy: 'judge', ...semantic },
	};
	const asking = nodeContext({ folder, items: asked, parameters: lookup });
	const [, upstream] = await new CacheLookup().execute.call(asking);
	const options = connected === undefined ? {} : { judge: true };
	const store = { ...common, operation: 'store', entryFor: 'lookup', options };
	const items = models.map(() => ({ json: { answer: text } }));
	const storing = nodeContext({ folder, items, upstream, connected, parameters: store });
	const [stored] = await new CacheStore().execute.call(storing);
	return stored!;
}

async function observed(): Promise<IDataObject> {
	const parameters = { operation: 'inspect', backend: 'embedded' };
	const context = nodeContext({ folder, items: [{ json: {} }], parameters });
	const [spaces] = await new CacheStore().execute.call(context);
	return (spaces![0]!.json.semantic as IDataObject[])[0]!;
}

describe('a judging model behind Cache Store', () => {
	it.each([
		['same', 0],
		['different', 1],
	])(
		'that says "%s" decides whether the stored answer would have been wrong',
		async (said, wrong) => {
			await answer(QUESTION, LINK);
			const judge = says(said);
			const stored = await answer(AGAIN, PAGE, judge);
			expect(judge.asked).toHaveLength(1);
			for (const text of [AGAIN, LINK, PAGE]) expect(judge.asked[0]).toContain(text);
			expect(cacheOf(stored)).toMatchObject({
				stored: true,
				reasons: [],
				judge: {
					same: wrong === 0,
					usage: { inputTokens: 1_000, outputTokens: 1 },
					usd: expect.any(Number),
					ms: expect.any(Number),
				},
			});
			expect(await observed()).toMatchObject({ hits: 1, judged: 1, wrong });
		},
	);

	it('is not asked about answers that are equal', async () => {
		await answer(QUESTION, LINK);
		const judge = says('different');
		expect(cacheOf(await answer(AGAIN, LINK, judge)).judge).toBeUndefined();
		expect(judge.asked).toEqual([]);
		expect(await observed()).toMatchObject({ judged: 1, wrong: 0 });
	});

	it.each([
		['says something else', says('It depends.'), /neither same nor different/],
		['fails', says(() => Promise.reject(new Error('quota is used up'))), /quota is used up/],
		['does not answer', says(() => new Promise(() => undefined)), /no answer within 20 ms/],
		['is not connected', undefined, /none is connected here/],
	])('that %s leaves the comparison to meaning, and says so', async (_how, judge, reason) => {
		await answer(QUESTION, LINK);
		const stored = await answer(AGAIN, PAGE, judge, { judgeTimeoutMs: 20 });
		expect(cacheOf(stored)).toMatchObject({ stored: true });
		expect(String(cacheOf(stored).reasons)).toMatch(reason);
		expect(String(cacheOf(stored).reasons)).toContain('compared by meaning');
		expect(await observed()).toMatchObject({ judged: 1, wrong: 1 });
	});

	it('is asked by at most four items of a run at a time, and by all of them in the end', async () => {
		const models = Array.from({ length: 10 }, (_, at) => `model-${at}`);
		await answers(models, QUESTION, LINK);
		let underWay = 0;
		let most = 0;
		const invoke = async () => {
			most = Math.max(most, ++underWay);
			await new Promise(setImmediate);
			underWay -= 1;
			return { content: 'same' };
		};
		const stored = await answers(models, AGAIN, PAGE, { invoke });
		expect(stored.map((item) => cacheOf(item).judge)).toEqual(
			models.map(() => expect.objectContaining({ same: true })),
		);
		expect(most).toBeLessThanOrEqual(4);
	});

	it('is paid for: Cost Tracker books its call as what the cache cost', async () => {
		await answer(QUESTION, LINK);
		const { json } = await answer(AGAIN, PAGE, says('same'));
		expect((cacheOf({ json }).judge as IDataObject).usd).toBeCloseTo(0.0001506, 9);
		const booked = { ...reply('gpt-4o-mini', 100, 10), cache: cacheOf({ json }) };
		await runTracker({ operation: 'record', jsons: [booked] });
		// 1,000 tokens in at 0.15 and 1 token out at 0.60 USD a million.
		expect((await totals()).overheadUsd).toBeCloseTo(0.0001506, 9);
	});
});
