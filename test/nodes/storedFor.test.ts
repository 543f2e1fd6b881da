import { describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import type { IDataObject, INodeExecutionData } from 'n8n-workflow';
import { closeConnections, embeddedConnection } from '../../nodes/shared/n8n/connections';
import { ask, cacheOf, inFolder, inOwnFolders, lookUp, manage, store } from '../support/cacheNodes';
import { ownFolder } from '../support/ownFolder';

inOwnFolders();

const json = { response_format: { type: 'json_object' } };

async function missOf(request: IDataObject, parameters = {}): Promise<INodeExecutionData> {
	return (await lookUp([request], parameters)).misses[0]!;
}

async function storedFor(miss: INodeExecutionData, answer: IDataObject): Promise<IDataObject> {
	return cacheOf((await store([answer], [miss]))[0]);
}

describe('an answer that Cache Store meets', () => {
	it('is checked against its request though the connection idled and was closed while the model answered', async () => {
		const miss = await missOf(ask('a', json));
		closeConnections();
		expect(await storedFor(miss, { text: 'no JSON {' })).toMatchObject({
			stored: false,
			reasons: [expect.stringContaining('JSON')],
		});
	});

	it('keeps its key version and model though the process that looked it up is gone, and tells that it was not checked', async () => {
		const folder = ownFolder('gone');
		inFolder(folder);
		const miss = await missOf(ask('a'), { options: { keyVersion: 'v1' } });
		embeddedConnection(join(folder, 'n8n-nodes-prompt-cache')).pending.clear();
		expect(await storedFor(miss, { text: 'x' })).toMatchObject({
			stored: true,
			reasons: ['not checked against its request, which this process does not know'],
		});
		const invalidate = async (by: IDataObject) =>
			(await manage({ operation: 'invalidate', ...by }))[0]!.json;
		const byModel = { invalidateBy: 'model', invalidateModel: 'gpt-5-mini' };
		expect(await invalidate(byModel)).toEqual({ invalidated: 1 });
	});

	it('is not stored where the cache could not be reached when it was asked: it may have been invalidated since', async () => {
		const miss = await missOf(ask('a'));
		const { lease: _lease, ...unseen } = cacheOf(miss);
		expect(await storedFor({ json: { cache: unseen } }, { text: 'x' })).toMatchObject({
			stored: false,
			reasons: ['the cache could not be reached when this was asked'],
		});
	});

	it('is not stored anew where it came from the cache, so that its lifetime ends', async () => {
		const miss = await missOf(ask('a'));
		await storedFor(miss, { text: 'x' });
		const [hit] = (await lookUp([ask('a')])).hits;
		expect(await storedFor(hit!, hit!.json)).toMatchObject({
			stored: false,
			reasons: ['it came from the cache'],
		});
		const [again] = (await lookUp([ask('a')])).hits;
		expect(again!.json.response).toEqual({ text: 'x' });
	});
});
