import { describe, expect, it } from '@jest/globals';
import type { IDataObject } from 'n8n-workflow';
import { ask, cacheOf, inOwnFolders, item, lookUp, manage, store } from '../support/cacheNodes';
import { until } from '../support/redisCluster';

inOwnFolders();

describe('semantic matching', () => {
	const semantic = (more: IDataObject): IDataObject => ({ match: 'semantic', semantic: more });
	const answerTo = async (prompt: string, answer: string, parameters: IDataObject) => {
		const { misses } = await lookUp([ask(prompt)], parameters);
		await store([{ answer }], misses);
		return String(cacheOf(misses[0])!.reasons);
	};
	it('in shadow serves nothing, and inspect reports what each threshold would have done', async () => {
		const shadow = semantic({ policy: 'shadow' });
		await answerTo('What is the capital of France?', 'Paris', shadow);
		expect(await answerTo('please, what is the capital of france', 'Paris', shadow)).toContain(
			'would have been served',
		);
		await answerTo('What is the capital of Spain?', 'Madrid', shadow);
		const [space] = await manage({ operation: 'inspect' });
		const report = space!.json.semantic as IDataObject[];
		expect(report[0]).toMatchObject({
			policy: 'guarded',
			lookups: 2,
			hits: 1,
			judged: 1,
			wrong: 0,
		});
	});

	it('verified calls the model until it has learnt that an answer is right, then serves it', async () => {
		const verified = semantic({ policy: 'verified', maxErrorRate: 0.2, labelBy: 'equality' });
		await answerTo('How do I reset my password?', 'Use the link.', verified);
		const wordings = [
			'how do i reset my password',
			'How do I reset my password',
			'Hi, how do I reset my password?',
		];
		let served = 0;
		for (let round = 0; round < 60 && served === 0; round++) {
			const prompt = `${wordings[round % 3]}${' '.repeat(Math.floor(round / 3))}`;
			const { hits, misses } = await lookUp([ask(prompt)], verified);
			served += hits.length;
			if (misses.length > 0) await store([{ answer: 'Use the link.' }], misses);
		}
		expect(served).toBe(1);
	});

	it('a thumbs-down removes the answer and its neighbours, and the pair is never served again', async () => {
		const guarded = semantic({});
		await answerTo('How do I cancel my order?', 'Click cancel.', guarded);
		const wrong = ask('hello, how do i cancel my order');
		expect((await lookUp([wrong], guarded)).hits).toHaveLength(1);
		const down = {
			operation: 'invalidate',
			invalidateBy: 'request',
			neighbours: true,
			semantic: {},
		};
		expect((await manage(down, [item(wrong)]))[0]!.json).toEqual({ invalidated: 1 });
		await answerTo('How do I cancel my order?', 'Click cancel.', guarded);
		const { hits, misses } = await lookUp([wrong], guarded);
		expect(hits).toHaveLength(0);
		expect(String(cacheOf(misses[0])!.reasons)).toContain('marked as different');
	});

	it('counts each request once: as a hit where the answer was found by meaning, else as a miss', async () => {
		await answerTo('How do I cancel my order?', 'Click cancel.', semantic({}));
		await lookUp([ask('hello, how do i cancel my order'), ask('Who are you?')], semantic({}));
		await lookUp([ask('How do I cancel my order?')], semantic({}));
		const [space] = await manage({ operation: 'inspect' });
		expect(space!.json).toMatchObject({ hits: 2, misses: 2, stale: 0 });
	});

	it('lets one of those who get an expired answer fetch a fresh one, which is found by meaning in its turn', async () => {
		const options = { cacheControl: 'stale-while-revalidate=600' };
		const parameters = { ...semantic({}), options };
		const prompt = 'How do I cancel my order?';
		const { misses } = await lookUp([ask(prompt)], parameters);
		await store([{ answer: 'Click cancel.' }], misses, { ttlSeconds: 0 });
		const alone = { match: 'exact', options: { ...options, coalesce: false } };
		await until(
			async () => cacheOf((await lookUp([ask(prompt)], alone)).hits[0])!.status === 'stale',
		);
		const served = (await Promise.all([1, 2].map(() => lookUp([ask(prompt)], parameters)))).flatMap(
			({ hits }) => hits,
		);
		expect(served.map((one) => cacheOf(one)!.status)).toEqual(['stale', 'stale']);
		const refreshing = served.filter((one) => cacheOf(one)!.refresh === true);
		expect(refreshing).toHaveLength(1);
		const lease = { ...refreshing[0]!, json: { cache: cacheOf(refreshing[0]) } };
		await store([{ answer: 'Choose Cancel.' }], [lease]);
		await manage({ operation: 'rebuildIndex', namespace: 'default' });
		const { hits } = await lookUp([ask('hello, how do i cancel my order')], semantic({}));
		expect(hits.map(({ json }) => json.response)).toEqual([{ answer: 'Choose Cancel.' }]);
	});

	it("takes each item's scope by its own place, also behind one that cannot be read", async () => {
		const scoped = {
			match: 'semantic',
			semantic: (index: number) => ({ scope: `customer ${index}` }),
		};
		const prompt = 'How do I cancel my order?';
		const unreadable = { body: { model: 'm', messages: 'no list' } };
		const { misses } = await lookUp([unreadable, ask(prompt)], scoped, true);
		await store([{ answer: 'Click cancel.' }], misses.slice(1));
		const likewise = ask('hello, how do i cancel my order');
		const { hits } = await lookUp([likewise, likewise, likewise], scoped);
		expect(hits.map(({ pairedItem }) => pairedItem)).toEqual([{ item: 1 }]);
	});
});
