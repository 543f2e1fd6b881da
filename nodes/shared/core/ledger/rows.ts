import type { LedgerCall, LedgerDimensions } from './call';
import type { Counters } from './counters';
import { addCounters, countersOf, noCounters } from './counters';

/** Hours for the last weeks, days for a year and more. */
export type LedgerSpan = 'hour' | 'day';

/** Counters of one hour or day for one combination of dimensions. */
export interface LedgerRow {
	/** Begin of the hour or day in UTC, ms since 1970. */
	startMs: number;
	dimensions: LedgerDimensions;
	counters: Counters;
}

const msPer = { hour: 3_600_000, day: 86_400_000 } as const;

/** Begin of the span that holds the time. */
export function spanStart(span: LedgerSpan, atMs: number): number {
	return Math.floor(atMs / msPer[span]) * msPer[span];
}

/** Dimensions as one text, the same for the same values; part of a backend's key. */
export function encodeDimensions(of: LedgerDimensions): string {
	return JSON.stringify([of.provider, of.model, of.workflow, of.namespace, of.tags, of.prompt]);
}

/** @returns null when the text was not made by `encodeDimensions` */
export function decodeDimensions(text: string): LedgerDimensions | null {
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch {
		return null;
	}
	if (!Array.isArray(value) || value.length < 6) return null;
	const [provider, model, workflow, namespace, tags, prompt] = value as unknown[];
	return {
		provider: String(provider),
		model: String(model),
		workflow: String(workflow),
		namespace: String(namespace),
		tags: Array.isArray(tags) ? tags.map(String) : [],
		prompt: String(prompt),
	};
}

/**
 * Decodes dimensions; the same text gives the same object, so that rows can be told apart quickly.
 */
export function dimensionsDecoder(): (text: string) => LedgerDimensions | null {
	const known = new Map<string, LedgerDimensions | null>();
	return (text) => {
		let dimensions = known.get(text);
		if (dimensions === undefined) {
			dimensions = decodeDimensions(text);
			known.set(text, dimensions);
		}
		return dimensions;
	};
}

/** Rows that calls add up to, without asking whether they were booked before. */
export function rowsOf(span: LedgerSpan, calls: readonly LedgerCall[]): LedgerRow[] {
	const rows = new Map<string, LedgerRow>();
	for (const call of calls) {
		const startMs = spanStart(span, call.atMs);
		const key = `${startMs} ${encodeDimensions(call)}`;
		const row = rows.get(key);
		if (row === undefined) rows.set(key, { startMs, dimensions: call, counters: countersOf(call) });
		else addCounters(row.counters, countersOf(call));
	}
	return [...rows.values()];
}

/** Rows of hours as rows of their days. */
export function daysOf(hours: readonly LedgerRow[]): LedgerRow[] {
	const rows = new Map<string, LedgerRow>();
	for (const { startMs: hour, dimensions, counters } of hours) {
		const startMs = spanStart('day', hour);
		const key = `${startMs} ${encodeDimensions(dimensions)}`;
		const row = rows.get(key);
		if (row !== undefined) addCounters(row.counters, counters);
		else rows.set(key, { startMs, dimensions, counters: addCounters(noCounters(), counters) });
	}
	return [...rows.values()];
}
