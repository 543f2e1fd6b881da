import type { LedgerRow } from '../ledger/rows';
import { counterNames } from '../ledger/counters';

const columns = [
	'start',
	'provider',
	'model',
	'workflow',
	'namespace',
	'tags',
	'prompt',
	...counterNames,
] as const;

function values({ startMs, dimensions, counters }: LedgerRow): Array<string | number> {
	return [
		new Date(startMs).toISOString(),
		dimensions.provider,
		dimensions.model,
		dimensions.workflow,
		dimensions.namespace,
		dimensions.tags.join(' '),
		dimensions.prompt,
		...counterNames.map((name) => counters[name]),
	];
}

/**
 * Ledger rows as CSV (RFC 4180): a header, then one line a row, money in nano-USD. A text that a
 * spreadsheet would run as a formula gets an apostrophe in front.
 */
export function rowsToCsv(rows: readonly LedgerRow[]): string {
	const lines = [columns.join(','), ...rows.map((row) => values(row).map(csvField).join(','))];
	return `${lines.join('\r\n')}\r\n`;
}

function csvField(value: string | number): string {
	if (typeof value === 'number') return String(value);
	const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
	return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Ledger rows as NDJSON, one object a line, histograms included. */
export function rowsToNdjson(rows: readonly LedgerRow[]): string {
	return rows
		.map(({ startMs, dimensions, counters }) =>
			JSON.stringify({ start: new Date(startMs).toISOString(), ...dimensions, ...counters }),
		)
		.join('\n')
		.concat(rows.length === 0 ? '' : '\n');
}
