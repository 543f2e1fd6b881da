import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { StoreUnavailable } from '../../../nodes/shared/core/errors';
import { closeConnections, embeddedConnection } from '../../../nodes/shared/n8n/connections';
import {
	embedCached,
	type EmbeddingCacheSettings,
} from '../../../nodes/shared/services/embeddingCache';
import { STORE_SETTINGS } from '../../support/engine';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'prompt-cache-embeddings-'));
const open = async () => embeddedConnection(folder);

afterAll(() => {
	closeConnections();
	fs.rmSync(folder, { recursive: true, force: true });
});

let asked: string[][] = [];
afterEach(() => {
	asked = [];
});

/** A model whose vectors are the lengths of the texts. */
const compute = async (texts: string[]) => {
	asked.push(texts);
	return texts.map((text) => [text.length, 0.5]);
};

const settings = (namespace: string, more: Partial<EmbeddingCacheSettings> = {}) => ({
	namespace,
	keyVersion: '',
	tags: [],
	onBackendError: 'miss' as const,
	lookup: { coalesce: true, coalesceWaitMs: 1000, timeoutMs: 2000 },
	keep: {
		...STORE_SETTINGS,
		rules: { ...STORE_SETTINGS.rules, complete: false, noRefusals: false, json: 'never' as const },
	},
	...more,
});

const embed = (
	texts: string[],
	namespace: string,
	model = { model: 'small' },
	kind: 'query' | 'document' = 'document',
) => embedCached(texts, kind, model, compute, settings(namespace), open);

describe('texts to embed', () => {
	it('are computed once, in one call, and given back in their order', async () => {
		await embed(['a', 'bb'], 'order');
		const { vectors, hits, computed } = await embed(['ccc', 'bb', 'a', 'dddd'], 'order');
		expect(asked).toEqual([
			['a', 'bb'],
			['ccc', 'dddd'],
		]);
		expect(vectors.map(([length]) => length)).toEqual([3, 2, 1, 4]);
		expect({ hits, computed }).toEqual({ hits: 2, computed: 2 });
	});

	it('are computed once where a batch holds them twice', async () => {
		const { vectors } = await embed(['x', 'x', 'yy', 'x'], 'twice');
		expect(asked).toEqual([['x', 'yy']]);
		expect(vectors.map(([length]) => length)).toEqual([1, 1, 2, 1]);
	});

	it.each([
		['model', { model: 'large' }, 'document' as const],
		['number of dimensions', { model: 'small', dimensions: 256 }, 'document' as const],
		['purpose', { model: 'small' }, 'query' as const],
	])('are computed again for another %s', async (what, model, kind) => {
		await embed(['same'], what);
		await embed(['same'], what, model, kind);
		expect(asked).toEqual([['same'], ['same']]);
	});

	it('are not shared between namespaces', async () => {
		await embed(['mine'], 'one');
		await embed(['mine'], 'two');
		expect(asked).toHaveLength(2);
	});

	it("fail with the model's own error, and can be asked for again at once", async () => {
		const failing = async () => Promise.reject(new Error('quota'));
		const failed = embedCached(
			['later'],
			'document',
			{ model: 'small' },
			failing,
			settings('fail'),
			open,
		);
		await expect(failed).rejects.toThrow('quota');
		expect((await embed(['later'], 'fail')).computed).toBe(1);
	});

	it('are computed as if there were no cache where the backend is away', async () => {
		const away = async () => Promise.reject(new StoreUnavailable('connection refused'));
		const { vectors, reasons } = await embedCached(
			['z'],
			'query',
			{ model: 'small' },
			compute,
			settings('away'),
			away,
		);
		expect(vectors).toEqual([[1, 0.5]]);
		expect(reasons).toEqual(['backend unreachable: connection refused']);
	});

	it('are not stored where the model gave another number of vectors', async () => {
		const short = async () => [[1, 2]];
		await embedCached(['p', 'q'], 'document', { model: 'small' }, short, settings('short'), open);
		expect((await embed(['p', 'q'], 'short')).computed).toBe(2);
	});
});
