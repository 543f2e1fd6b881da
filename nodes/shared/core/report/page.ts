import { barList } from '../chart/barList';
import { escapeHtml } from '../chart/escape';
import {
	formatCount,
	formatDuration,
	formatMoney,
	formatShare,
	formatShort,
	formatTime,
} from '../chart/format';
import type { TimeChart } from '../chart/timeChart';
import { timeChart } from '../chart/timeChart';
import type { CurrencyRate } from '../price/currency';
import { inCurrency } from '../price/currency';
import type { Figures, Group, Report } from './report';
import { styles } from './styles';

export interface PageOptions {
	title: string;
	currency: CurrencyRate;
	/** When the page was made, ms since 1970. */
	nowMs: number;
	/** Answers that the cache dropped for room, where known. */
	evictions: number | null;
	/** Prompts that would gain from the providers' caches, a sentence each. */
	advice: readonly string[];
}

const msPerDay = 86_400_000;
const listLength = 10;

/**
 * The report as one HTML page that needs nothing else: no script, no request, all values escaped,
 * light and dark, for a phone, a screen and paper.
 */
export function reportPage(report: Report, options: PageOptions): string {
	const byHour = report.byTime.length > 1 && stepOf(report) < msPerDay;
	const period = `${formatTime(report.fromMs, false)} – ${formatTime(report.toMs - 1, false)} ${new Date(report.toMs - 1).getUTCFullYear()}, UTC`;
	const title = escapeHtml(options.title);
	return [
		'<!doctype html><html lang="en"><head><meta charset="utf-8">',
		'<meta name="viewport" content="width=device-width,initial-scale=1">',
		`<title>${title}</title><style>${styles}</style></head><body><main>`,
		`<header><h1>${title}</h1><p class="muted">${escapeHtml(period)} · made ${escapeHtml(new Date(options.nowMs).toISOString().slice(0, 16).replace('T', ' '))}${rateNote(options.currency)}</p></header>`,
		tiles(report.totals, options),
		'<div class="grid">',
		...charts(report, byHour, options.currency),
		...lists(report, options),
		advice(options.advice),
		timeTable(report, byHour, options.currency),
		'</div></main></body></html>',
	].join('');
}

function stepOf({ byTime }: Report): number {
	return (byTime[1]?.startMs ?? 0) - (byTime[0]?.startMs ?? 0);
}

function rateNote({ currency, perUsd, date }: CurrencyRate): string {
	if (currency === 'USD') return '';
	return escapeHtml(` · 1 USD = ${perUsd} ${currency}${date ? ` (${date})` : ''}`);
}

function tiles(totals: Figures, { currency, evictions }: PageOptions): string {
	const money = (nanoUsd: number): string =>
		formatMoney(inCurrency(nanoUsd, currency), currency.currency);
	const shown: Array<[string, string, string]> = [
		['Spent', money(totals.spendNanoUsd), countOf(totals.calls, 'model call')],
		[
			'Saved by the response cache',
			money(totals.netAvoidedNanoUsd),
			totals.overheadNanoUsd === 0
				? 'net'
				: `net of ${money(totals.overheadNanoUsd)} for embeddings and checks`,
		],
		['Response-cache hit rate', formatShare(totals.responseHitRate), countOf(totals.hits, 'hit')],
		[
			'Provider-cache hit rate',
			formatShare(totals.providerHitRate),
			`of input tokens; saved ${money(totals.providerSavedNanoUsd)}`,
		],
		[
			'Waiting time saved',
			formatDuration(totals.savedLatencyMs),
			`a call takes ${formatDuration(totals.callP50Ms)} (median)`,
		],
	];
	if (evictions !== null)
		shown.push(['Evictions', formatCount(evictions), 'answers dropped for room']);
	if (totals.unknownCosts > 0) {
		shown.push(['Cost not known', formatCount(totals.unknownCosts), 'calls missing from the sums']);
	}
	if (totals.lostCalls > 0) {
		const note = 'calls begun whose answer never came: their cost is not known';
		shown.push(['Perhaps lost', formatCount(totals.lostCalls), note]);
	}
	const items = shown.map(
		([name, value, note]) =>
			`<div class="tile"><span class="muted">${escapeHtml(name)}</span><b>${escapeHtml(value)}</b><span class="muted">${escapeHtml(note)}</span></div>`,
	);
	return `<div class="tiles">${items.join('')}</div>`;
}

function countOf(count: number, noun: string): string {
	return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}

function charts({ byTime, totals }: Report, byHour: boolean, currency: CurrencyRate): string[] {
	const isTimed = totals.callP50Ms !== null || totals.hitP50Ms !== null;
	const labels = byTime.map(({ startMs }) => formatTime(startMs, byHour));
	const unit = byHour ? 'hour' : 'day';
	const amounts = (pick: (of: Figures) => number): number[] =>
		byTime.map((of) => inCurrency(Math.max(0, pick(of)), currency));
	const money = (value: number): string => formatMoney(value, currency.currency);
	return [
		chartSection(`Spent and saved by ${unit}, ${currency.currency}`, {
			title: `Spent and saved by ${unit} in ${currency.currency}`,
			labels,
			kind: 'bars',
			size: 'full',
			formatAxis: formatShort,
			formatValue: money,
			series: [
				{ name: 'Spent', color: 'c1', values: amounts((of) => of.spendNanoUsd) },
				{
					name: 'Saved by the response cache',
					color: 'c2',
					values: amounts((of) => of.netAvoidedNanoUsd),
				},
				{
					name: 'Saved by provider caches',
					color: 'c3',
					values: amounts((of) => of.providerSavedNanoUsd),
				},
			],
		}),
		chartSection(`Hit rates by ${unit}`, {
			title: `Hit rates by ${unit}`,
			labels,
			kind: 'lines',
			size: 'half',
			top: 1,
			formatAxis: (value) => `${Math.round(value * 100)} %`,
			formatValue: formatShare,
			series: [
				{
					name: 'Response cache, of answers',
					color: 'c2',
					values: byTime.map((of) => of.responseHitRate),
				},
				{
					name: 'Provider cache, of input tokens',
					color: 'c3',
					values: byTime.map((of) => of.providerHitRate),
				},
			],
		}),
		...(isTimed ? [latencyChart(byTime, labels, unit)] : []),
	];
}

function latencyChart(byTime: Report['byTime'], labels: string[], unit: string): string {
	return chartSection(`Latency by ${unit}`, {
		title: `Latency of calls and hits by ${unit}`,
		labels,
		kind: 'lines',
		size: 'half',
		formatAxis: formatDuration,
		formatValue: formatDuration,
		series: [
			{ name: 'Call, median', color: 'c1', values: byTime.map((of) => of.callP50Ms) },
			{ name: 'Call, 95 %', color: 'c4', values: byTime.map((of) => of.callP95Ms) },
			{ name: 'Hit, 95 %', color: 'c2', values: byTime.map((of) => of.hitP95Ms) },
		],
	});
}

function chartSection(heading: string, chart: TimeChart): string {
	const legend = chart.series.map(
		({ name, color }) => `<li><i class="${color}"></i>${escapeHtml(name)}</li>`,
	);
	return `<section class="${chart.size}"><h2>${escapeHtml(heading)}</h2>${timeChart(chart)}<ul class="legend">${legend.join('')}</ul></section>`;
}

function lists({ groups }: Report, { currency }: PageOptions): string[] {
	const entry = (group: Group) => ({
		name: group.name,
		parts: [
			{ color: 'c1', value: group.spendNanoUsd },
			{ color: 'c2', value: group.netAvoidedNanoUsd },
		],
		label: `${formatMoney(inCurrency(group.spendNanoUsd, currency), currency.currency)} · ${formatShare(group.responseHitRate)} hits`,
	});
	const shown: Array<[string, readonly Group[]]> = [
		['Top prompts', groups.prompt],
		['Models', groups.model],
		['Workflows', groups.workflow],
		['Namespaces', groups.namespace],
		['Tags', groups.tag],
	];
	return shown
		.filter(([, list]) => list.length > 0)
		.map(([heading, list]) => {
			const rest =
				list.length > listLength ? `<p class="muted">and ${list.length - listLength} more</p>` : '';
			return `<section><h2>${escapeHtml(heading)}</h2>${barList(list.slice(0, listLength).map(entry))}${rest}</section>`;
		});
}

function advice(sentences: readonly string[]): string {
	if (sentences.length === 0) return '';
	const items = sentences.map((sentence) => `<li>${escapeHtml(sentence)}</li>`);
	return `<section class="full"><h2>Prompts that would gain from provider caching</h2><ul>${items.join('')}</ul></section>`;
}

function timeTable({ byTime }: Report, byHour: boolean, currency: CurrencyRate): string {
	const head = ['Time', 'Calls', 'Hits', 'Spent', 'Saved', 'Hit rate', 'Provider cache', 'Median'];
	const money = (nanoUsd: number): string =>
		formatMoney(inCurrency(nanoUsd, currency), currency.currency);
	const rows = byTime
		.filter(({ calls, hits }) => calls + hits > 0)
		.map((of) => [
			formatTime(of.startMs, byHour),
			formatCount(of.calls),
			formatCount(of.hits),
			money(of.spendNanoUsd),
			money(of.netAvoidedNanoUsd),
			formatShare(of.responseHitRate),
			formatShare(of.providerHitRate),
			formatDuration(of.callP50Ms),
		]);
	if (rows.length === 0) return '<section class="full"><p>No calls in this time.</p></section>';
	const cells = (row: readonly string[], tag: string): string =>
		`<tr>${row.map((text) => `<${tag}>${escapeHtml(text)}</${tag}>`).join('')}</tr>`;
	return `<section class="full"><h2>Figures</h2><details><summary>Show as a table</summary><div class="scroll" tabindex="0" role="region" aria-label="Figures by time"><table><thead>${cells(head, 'th')}</thead><tbody>${rows.map((row) => cells(row, 'td')).join('')}</tbody></table></div></details></section>`;
}
