import { describe, expect, it } from '@jest/globals';
import type { IDataObject } from 'n8n-workflow';
import { ask, cacheOf, inOwnFolders, item, lookUp, manage, store } from '../support/cacheNodes';

inOwnFolders();

const NONE = ['an hour', '', null, Number.NaN, -1];

describe('a number that an expression gives', () => {
	it.each(NONE)('is told by its name where it is none: a lifetime of %p', async (ttlSeconds) => {
		const { misses } = await lookUp([ask('a')]);
		const storing = store([{ answer: 'x' }], misses, { ttlSeconds });
		await expect(storing).rejects.toThrow('[parameter "Lifetime (Seconds)"] [item 0]');
	});

	it('is read for each item of its own, and what is wrong with one loses no other', async () => {
		const { misses } = await lookUp(['a', 'b', 'c'].map((word) => ask(word)));
		const lifetimes = [60, 'soon', 86_400];
		const stored = await store(
			[{ answer: 'x' }, { answer: 'y' }, { answer: 'z' }],
			misses,
			{ ttlSeconds: (index: number) => lifetimes[index], ttlJitterPercent: 0 },
			true,
		);
		expect(String(stored[1]!.json.error)).toContain('"Lifetime (Seconds)" is "soon"');
		const { hits } = await lookUp(['a', 'b', 'c'].map((word) => ask(word)));
		expect(hits.map(({ json }) => (json.response as IDataObject).answer)).toEqual(['x', 'z']);
		const left = hits.map((one) => Number(cacheOf(one).ttlSeconds));
		expect(left[0]).toBeLessThanOrEqual(60);
		expect(left[1]).toBeGreaterThan(80_000);
	});

	it('may be a text that is one', async () => {
		const { misses } = await lookUp([ask('a')], { options: { timeoutMs: '2000' } });
		await store([{ answer: 'x' }], misses, { ttlSeconds: '60' });
		expect((await lookUp([ask('a')])).hits).toHaveLength(1);
	});

	it.each(NONE)('invalidates nothing where it is no age: %p', async (olderThanSeconds) => {
		const { misses } = await lookUp([ask('a')]);
		await store([{ answer: 'x' }], misses);
		const aged = manage({ operation: 'invalidate', invalidateBy: 'age', olderThanSeconds });
		await expect(aged).rejects.toThrow('[parameter "Older Than (Seconds)"] [item 0]');
		expect((await lookUp([ask('a')])).hits).toHaveLength(1);
	});

	it.each(['timeoutMs', 'coalesceWaitMs', 'maxRequestBytes'])(
		'is told by its name where it is none: %s of a lookup',
		async (name) => {
			const looking = lookUp([ask('a')], { options: { [name]: 'much' } });
			await expect(looking).rejects.toThrow(/is "much" \[parameter ".*"\] \[item 0\]/);
		},
	);
});

describe('a namespace that an expression leaves empty', () => {
	it('is the default one wherever it is asked for', async () => {
		const request = { entryFor: 'request', source: 'auto', namespace: '' };
		await store([{ ...ask('a'), answer: 'x' }], [], { ...request, response: 'Paris' });
		expect((await lookUp([ask('a')], { namespace: '' })).hits).toHaveLength(1);
		const all = { operation: 'invalidate', invalidateBy: 'namespace', namespace: '' };
		await manage(all, [item({})]);
		expect((await lookUp([ask('a')])).hits).toHaveLength(0);
	});
});
