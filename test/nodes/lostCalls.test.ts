import { beforeEach, describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { IDataObject, INodeExecutionData } from 'n8n-workflow';
import { CacheLookup } from '../../nodes/CacheLookup/CacheLookup.node';
import { CostTracker } from '../../nodes/CostTracker/CostTracker.node';
import { closeConnections } from '../../nodes/shared/n8n/connections';
import { nodeContext } from '../support/nodeContext';
import { ownFolder } from '../support/ownFolder';

let folder: string;
beforeEach(() => {
	folder = ownFolder('lost');
});

async function lookUp(): Promise<INodeExecutionData> {
	const context = nodeContext({
		folder,
		items: [{ json: { prompt: 'Capital of France?' } }],
		parameters: { operation: 'lookup', backend: 'embedded', namespace: 'geography' },
	});
	const [, misses] = await new CacheLookup().execute.call(context);
	return misses![0]!;
}

/** What is left of a process that was killed: nothing keeps its leases, and their time is over. */
function dieLeading(): void {
	closeConnections();
	const db = new DatabaseSync(join(folder, 'n8n-nodes-prompt-cache', 'cache.sqlite'));
	db.exec('UPDATE cache_leases SET expires_at = expires_at - 10000');
	db.close();
}

async function track(operation: string, more: IDataObject = {}): Promise<IDataObject> {
	const parameters = { operation, backend: 'embedded', days: 1, ...more };
	const context = nodeContext({ folder, items: [{ json: {} }], parameters });
	const [[item]] = (await new CostTracker().execute.call(context)) as [[INodeExecutionData]];
	return item.json;
}

const totals = async () => ((await track('report')).report as { totals: IDataObject }).totals;

describe('a model call whose process died before the answer came', () => {
	it('is in the report and on the dashboard, as perhaps lost and not as a call for nothing', async () => {
		await lookUp();
		dieLeading();
		const next = await lookUp();
		expect(next.json.cache).toMatchObject({
			leader: true,
			reasons: expect.arrayContaining(['who asked before ended without an answer']),
		});
		expect(await totals()).toMatchObject({ calls: 0, lostCalls: 1, unknownCosts: 0, spendUsd: 0 });
		const { html } = await track('dashboard');
		expect(html).toContain('Perhaps lost');
		const report = await track('report', { reportFormat: 'table', groupBy: 'namespace' });
		expect(report).toMatchObject({ namespace: 'geography', lostCalls: 1 });
	});

	it('is not told of where nothing was lost', async () => {
		await lookUp();
		expect(await totals()).toMatchObject({ lostCalls: 0 });
		expect((await track('dashboard')).html).not.toContain('Perhaps lost');
	});
});
