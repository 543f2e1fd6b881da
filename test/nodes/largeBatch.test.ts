import { describe, expect, it } from '@jest/globals';
import { ask, cacheOf, inOwnFolders, lookUp, store } from '../support/cacheNodes';

inOwnFolders();

/** More than is read at once. */
const ITEMS = 700;
const numbered = (of: number) =>
	Array.from({ length: ITEMS }, (_, index) => ask(`question ${index % of}`));

describe('a batch that is read in parts', () => {
	it('keeps its items in order, hits and misses', async () => {
		const some = numbered(ITEMS).filter((_, index) => index % 3 === 0);
		const { misses: first } = await lookUp(some);
		await store(
			first.map(({ json }) => ({ answer: json.body })),
			first,
		);
		const { hits, misses } = await lookUp(numbered(ITEMS), { options: { coalesce: false } });
		const places = (found: typeof hits) => found.map(({ pairedItem }) => pairedItem);
		const every = Array.from({ length: ITEMS }, (_, item) => ({ item }));
		expect(places(hits)).toEqual(every.filter(({ item }) => item % 3 === 0));
		expect(places(misses)).toEqual(every.filter(({ item }) => item % 3 !== 0));
		for (const { json } of hits) expect(json.response).toEqual({ answer: json.body });
	});

	it('lets one of the equal items lead, however far apart they are', async () => {
		const { misses } = await lookUp(numbered(300));
		expect(misses).toHaveLength(ITEMS);
		expect(misses.map((one) => cacheOf(one).leader)).toEqual(misses.map((_, index) => index < 300));
	});

	it('leaves n8n a turn between its parts', async () => {
		let turns = 0;
		let next = setImmediate(function count() {
			turns += 1;
			next = setImmediate(count);
		});
		await lookUp(numbered(ITEMS));
		clearImmediate(next);
		expect(turns).toBeGreaterThanOrEqual(2);
	});

	it('tells of an item that cannot be read in its own place, and answers the rest', async () => {
		const items = numbered(ITEMS);
		items[300] = { body: { model: 'm', messages: 'no list' } };
		const { misses } = await lookUp(items, {}, true);
		expect(misses).toHaveLength(ITEMS);
		expect(misses.flatMap(({ json }, index) => (json.error === undefined ? [] : [index]))).toEqual([
			300,
		]);
	});
});
