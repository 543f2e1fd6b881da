import { describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import type { IDataObject } from 'n8n-workflow';
import { ask, cacheOf, inFolder, inOwnFolders, lookUp, manage, store } from '../support/cacheNodes';

inOwnFolders();

describe('Cache Lookup and Cache Store', () => {
	it('miss, store through the lookup upstream, hit with the stored answer beside the item', async () => {
		const { misses } = await lookUp([ask('Capital of France?')]);
		expect(cacheOf(misses[0])).toMatchObject({ status: 'miss', layer: null, leader: true });
		const [stored] = await store([{ answer: 'Paris' }], misses);
		expect(cacheOf(stored)).toMatchObject({ stored: true, key: cacheOf(misses[0])!.key });
		const { hits } = await lookUp([ask('Capital of France?')]);
		expect(hits[0]!.json).toMatchObject({
			...ask('Capital of France?'),
			response: { answer: 'Paris' },
			cache: { status: 'hit', layer: 'exact', namespace: 'default', backend: 'embedded' },
		});
		expect(hits[0]!.pairedItem).toEqual({ item: 0 });
	});

	it('makes the same key from empty model parameters as from none', async () => {
		const keys = await Promise.all(
			[{}, { modelParameters: '' }, { modelParameters: '{}' }].map(async (parameters) => {
				const { misses } = await lookUp([ask('a')], {
					options: { coalesce: false },
					...parameters,
				});
				return cacheOf(misses[0])!.key;
			}),
		);
		expect(new Set(keys).size).toBe(1);
	});

	it('on request a hit is the stored answer itself', async () => {
		const { misses } = await lookUp([ask('a')]);
		await store([{ answer: 'A', model: 'm' }], misses);
		const { hits } = await lookUp([ask('a')], { options: { hitItem: 'answer' } });
		expect(Object.keys(hits[0]!.json)).toEqual(['answer', 'model', 'cache']);
	});

	it('explains a miss by the parameter that changed', async () => {
		const { misses } = await lookUp([ask('a', { temperature: 0.2 })]);
		await store([{ answer: 'A' }], misses);
		const changed = await lookUp([ask('a', { temperature: 0.3 })]);
		expect(cacheOf(changed.misses[0])!.reasons).toEqual(['temperature 0.2 became 0.3']);
		const other = await lookUp([ask('something else', { temperature: 0.2 })]);
		expect(cacheOf(other.misses[0])!.reasons).toEqual(['no entry for this prompt']);
	});

	it('serves another wording under semantic matching, and not another number', async () => {
		const semantic = { match: 'semantic' };
		const { misses } = await lookUp([ask('What is the capital of France in 2023?')], semantic);
		await store([{ answer: 'Paris' }], misses);
		const near = await lookUp([ask('please, what is the capital of france in 2023')], semantic);
		expect(cacheOf(near.hits[0])).toMatchObject({
			status: 'hit',
			layer: 'semantic',
			matchedPrompt: 'What is the capital of France in 2023?',
		});
		const other = await lookUp([ask('What is the capital of France in 2024?')], semantic);
		expect(other.hits).toHaveLength(0);
		expect(String(cacheOf(other.misses[0])!.reasons)).toContain('2023');
		const followUp = ask('please, what is the capital of france in 2023');
		(followUp.body as { messages: unknown[] }).messages.unshift({
			role: 'assistant',
			content: 'Hi',
		});
		expect((await lookUp([followUp], semantic)).hits).toHaveLength(0);
	});

	it.each<[string, IDataObject, IDataObject, string]>([
		['no request in the item', { ticket: 7 }, {}, 'parameter "Request From"'],
		['messages that are no array', { messages: 'hello' }, {}, 'parameter "messages"'],
		['a body that does not parse', { body: '{"model": ' }, {}, 'parameter "body"'],
		['an unknown backend', ask('a'), { backend: 'mongo' }, 'parameter "Backend"'],
		[
			'a body over the limit',
			ask('x'.repeat(500)),
			{ options: { maxRequestBytes: 300 } },
			'parameter "Largest Request (Bytes)"',
		],
		[
			'a mistyped directive',
			ask('a'),
			{ options: { cacheControl: 'max-aeg=1' } },
			'parameter "Cache Control"',
		],
	])(
		'%s is an error that names the parameter and the item',
		async (_name, json, parameters, parameter) => {
			const failing = lookUp([json], parameters);
			await expect(failing).rejects.toThrow(parameter);
			await expect(failing).rejects.toThrow('item 0');
		},
	);

	it('under Continue On Fail the other items go on', async () => {
		const { misses } = await lookUp([{ ticket: 7 }, ask('b')], {}, true);
		expect(misses[0]!.json.error).toContain('No request was found');
		expect(misses[0]!.pairedItem).toEqual({ item: 0 });
		expect(cacheOf(misses[1])).toMatchObject({ status: 'miss' });
	});

	it('refuses to store an error, a cut answer and a refusal, and says why', async () => {
		const { misses } = await lookUp([ask('1'), ask('2'), ask('3')]);
		const stored = await store(
			[
				{ error: { message: 'quota' } },
				{ choices: [{ message: { content: 'half' }, finish_reason: 'length' }] },
				{ answer: "I'm sorry, but I can't help with that." },
			],
			misses,
		);
		expect(stored.map((one) => cacheOf(one)!.stored)).toEqual([false, false, false]);
		expect(stored.map((one) => String(cacheOf(one)!.reasons))).toEqual([
			'the answer is an error: quota',
			'the answer was cut (finish reason length)',
			'the model refused to answer',
		]);
		const again = await lookUp([ask('1'), ask('2'), ask('3')], { options: { coalesce: false } });
		expect(again.hits).toHaveLength(0);
	});

	it('goes on without a cache where the file cannot be written', async () => {
		inFolder(join(__filename, 'a-file-is-no-folder'));
		const { misses } = await lookUp([ask('a')]);
		expect(cacheOf(misses[0])).toMatchObject({ status: 'miss', leader: false });
		expect(String(cacheOf(misses[0])!.reasons)).toContain('backend unreachable');
		const [passed] = await store([{ answer: 'A' }], misses);
		expect(passed!.json).toMatchObject({ answer: 'A', cache: { stored: false } });
	});

	it('inspects, invalidates, exports and imports', async () => {
		const { misses } = await lookUp([ask('a'), ask('b')]);
		await store([{ answer: 'A' }, { answer: 'B' }], misses, { tags: 'prices, 2026' });
		expect((await manage({ operation: 'inspect' }))[0]!.json).toMatchObject({
			namespace: 'default',
			entries: 2,
		});
		const [file] = await manage({ operation: 'export', outputBinaryField: 'data' });
		expect(file!.json).toEqual({ exported: 2, next: null });
		const by = {
			operation: 'invalidate',
			invalidateBy: 'tag',
			invalidateTag: 'prices',
			namespace: 'default',
		};
		expect((await manage(by))[0]!.json).toEqual({ invalidated: 2 });
		expect((await lookUp([ask('a')], { options: { coalesce: false } })).hits).toHaveLength(0);
		const [imported] = await manage({ operation: 'import', inputBinaryField: 'data' }, [file!]);
		expect(imported!.json).toEqual({ imported: 2, skipped: 0, lines: 2 });
		const { hits } = await lookUp([ask('a'), ask('b')]);
		expect(hits.map((hit) => hit.json.response)).toEqual([{ answer: 'A' }, { answer: 'B' }]);
	});
});
