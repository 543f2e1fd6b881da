import { describe, expect, it } from '@jest/globals';
import type { IDataObject, INodeExecutionData } from 'n8n-workflow';
import { inOwnFolders, reply, run, summary } from '../support/costTracker';

inOwnFolders();

describe('Cost Tracker, report and dashboard', () => {
	async function fill(): Promise<void> {
		await run({
			operation: 'record',
			jsons: [
				reply('gpt-4o', 1000, 100),
				{ cache: { status: 'hit' }, response: reply('gpt-4o', 1000, 100) },
			],
			parameters: {
				tags: 'web, vip',
				namespace: 'acme',
				promptName: '<img src=x onerror=alert(1)>',
			},
		});
		await run({ operation: 'record', jsons: [reply('gpt-4o-mini', 1000, 100)] });
	}

	it('sums up by model, workflow, namespace, tag and prompt', async () => {
		await fill();
		const by = (await summary({ days: 30 })).by as Record<string, IDataObject[]>;
		expect(by.model).toMatchObject([
			{ name: 'gpt-4o', spendUsd: 0.0035, avoidedUsd: 0.0035, responseHitRate: 0.5 },
			{ name: 'gpt-4o-mini', spendUsd: 0.00021, hits: 0 },
		]);
		expect(by.tag?.map(({ name }) => name)).toEqual(['vip', 'web']);
		expect(by.namespace).toMatchObject([{ name: 'acme' }, { name: 'default' }]);
		expect(by.workflow).toMatchObject([{ name: 'Support desk', calls: 2, hits: 1 }]);
	});

	it('makes one item a group on request, and filters', async () => {
		await fill();
		const parameters = {
			days: 30,
			reportFormat: 'table',
			groupBy: 'model',
			filter: { namespace: 'acme' },
		};
		const [rows] = await run({ operation: 'report', parameters });
		expect(rows?.map(({ json }) => json)).toMatchObject([{ model: 'gpt-4o', calls: 1, hits: 1 }]);
	});

	it.each(['csv', 'ndjson'])('writes the counters as %s', async (reportFormat) => {
		await fill();
		const [[item]] = (await run({
			operation: 'report',
			parameters: { days: 30, reportFormat },
		})) as [[INodeExecutionData]];
		const text = Buffer.from(item.binary?.data?.data ?? '', 'base64').toString();
		expect(item.json.rows).toBe(2);
		expect(text.trim().split(/\r?\n/)).toHaveLength(reportFormat === 'csv' ? 3 : 2);
		expect(text).toContain('3500000');
	});

	it('makes a page that carries everything inside and escapes every value', async () => {
		await fill();
		const parameters = { days: 30, title: '</title><script>alert(1)</script>' };
		const [[item]] = (await run({ operation: 'dashboard', parameters })) as [[INodeExecutionData]];
		const html = String(item.json.html);
		expect(html).toContain('&lt;img src=x onerror=alert(1)&gt;');
		expect(html).not.toMatch(/<script|<img|onerror=alert\(1\)>|<link|@import|url\(/);
		expect(html).not.toMatch(/\s(src|href)\s*=\s*["']/);
		expect(Buffer.from(item.binary?.data?.data ?? '', 'base64').toString()).toBe(html);
	});

	it('is an empty report where nothing was recorded', async () => {
		expect(await summary()).toMatchObject({ totals: { calls: 0, responseHitRate: null } });
		const [[item]] = (await run({ operation: 'dashboard', parameters: { days: 30 } })) as [
			[INodeExecutionData],
		];
		expect(item.json.html).toContain('No calls in this time.');
	});

	it.each([0, 1.5, 9999, Number.NaN])('refuses a report over %p days', async (days) => {
		await expect(run({ operation: 'report', parameters: { days } })).rejects.toThrow(
			'parameter "Days"',
		);
	});
});
