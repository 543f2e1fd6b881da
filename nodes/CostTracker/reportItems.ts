import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { ConfigError, StoreUnavailable } from '../shared/core/errors';
import type { CurrencyRate } from '../shared/core/price/currency';
import { cachingAdvice } from '../shared/core/report/advice';
import { rowsToCsv, rowsToNdjson } from '../shared/core/report/exportRows';
import { reportPage } from '../shared/core/report/page';
import type { Grouping, Report } from '../shared/core/report/report';
import { groupings } from '../shared/core/report/report';
import { figuresView, reportView } from '../shared/core/report/view';
import { bundledCachingRules } from '../shared/drivers/prices/promptCaching';
import { openBackend } from '../shared/n8n/backend';
import type { Connection } from '../shared/n8n/connections';
import { withLedger } from '../shared/n8n/openLedger';
import { reportOf } from '../shared/services/report';
import { currencyOf, optionsOf, priceBookOf } from './settings';

/** Not on the path of a request: it may take its time. */
const timeoutMs = 60_000;
const longestDays = 730;

interface Made extends Awaited<ReturnType<typeof reportOf>> {
	connection: Connection;
	currency: CurrencyRate;
	advice: string[];
	evictions: number | null;
	nowMs: number;
}

/** Operation `report`: sums as JSON, as a table of items, or the rows as a CSV or NDJSON file. */
export async function reportItems(ctx: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const made = await makeReport(ctx);
	const { report, rows, currency } = made;
	const format = ctx.getNodeParameter('reportFormat', 0, 'summary') as string;
	switch (format) {
		case 'summary': {
			const { evictions, advice } = made;
			const view = { ...reportView(report, currency), evictions, advice };
			return [{ json: { report: view as unknown as IDataObject }, pairedItem: { item: 0 } }];
		}
		case 'table':
			return table(report, ctx.getNodeParameter('groupBy', 0, 'day') as string, currency);
		case 'csv':
			return [await file(ctx, rowsToCsv(rows), 'llm-cost.csv', 'text/csv', rows.length)];
		case 'ndjson': {
			const text = rowsToNdjson(rows);
			return [await file(ctx, text, 'llm-cost.ndjson', 'application/x-ndjson', rows.length)];
		}
		default:
			throw new ConfigError(`"${format}" is not known`, 'Format', 'Choose one of the list.');
	}
}

/** Operation `dashboard`: the report as one HTML page, in a field and as a file. */
export async function dashboardItem(ctx: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const { report, currency, advice, evictions, nowMs } = await makeReport(ctx);
	const title = String(ctx.getNodeParameter('title', 0, '') || 'LLM cost');
	const html = reportPage(report, { title, currency, nowMs, evictions, advice });
	const binary = await ctx.helpers.prepareBinaryData(
		Buffer.from(html),
		'llm-cost.html',
		'text/html',
	);
	return [{ json: { html }, binary: { data: binary }, pairedItem: { item: 0 } }];
}

async function makeReport(ctx: IExecuteFunctions): Promise<Made> {
	const options = optionsOf(ctx);
	const currency = currencyOf(options);
	const book = priceBookOf(options);
	const days = Number(ctx.getNodeParameter('days', 0, 30));
	if (!Number.isInteger(days) || days < 1 || days > longestDays) {
		throw new ConfigError(`"${days}" is not a number of days`, 'Days', `Give 1 to ${longestDays}.`);
	}
	const filter = ctx.getNodeParameter('filter', 0, {}) as IDataObject;
	const connection = await openBackend(ctx);
	const nowMs = connection.clock.nowMs();
	const text = (name: string): string | undefined => String(filter[name] ?? '').trim() || undefined;
	const request = {
		days,
		nowMs,
		filter: {
			namespace: text('namespace'),
			workflow: text('workflow'),
			model: text('model'),
			tag: text('tag'),
		},
	};
	const found = await withLedger(connection, (ledger) => reportOf(ledger, request), timeoutMs);
	const advice = cachingAdvice(found.rows, days, {
		book,
		rules: bundledCachingRules(),
		currency,
		atMs: nowMs,
	});
	return {
		...found,
		connection,
		currency,
		advice,
		evictions: await evictionsOf(connection),
		nowMs,
	};
}

async function evictionsOf({ store }: Connection): Promise<number | null> {
	try {
		const spaces = await store.run((live) => live.inspect(), timeoutMs);
		return spaces.reduce((sum, { evictions }) => sum + evictions, 0);
	} catch (error) {
		if (error instanceof StoreUnavailable) return null;
		throw error;
	}
}

function table(report: Report, by: string, currency: CurrencyRate): INodeExecutionData[] {
	const json = (row: object): INodeExecutionData => ({
		json: row as IDataObject,
		pairedItem: { item: 0 },
	});
	if (by === 'day') {
		return report.byTime
			.filter(({ calls, hits, lostCalls }) => calls + hits + lostCalls > 0)
			.map(({ startMs, ...figures }) =>
				json({ start: new Date(startMs).toISOString(), ...figuresView(figures, currency) }),
			);
	}
	if (!groupings.includes(by as Grouping)) {
		throw new ConfigError(`"${by}" is not known`, 'Group By', 'Choose one of the list.');
	}
	return report.groups[by as Grouping].map(({ name, ...figures }) =>
		json({ [by]: name, ...figuresView(figures, currency) }),
	);
}

async function file(
	ctx: IExecuteFunctions,
	text: string,
	name: string,
	type: string,
	rows: number,
): Promise<INodeExecutionData> {
	const data = await ctx.helpers.prepareBinaryData(Buffer.from(text), name, type);
	return { json: { rows, file: name }, binary: { data }, pairedItem: { item: 0 } };
}
