import type { LedgerDimensions } from '../ledger/call';

/** What a budget watches: everything, or one value of one dimension. */
export type BudgetScope =
	{ by: 'all' } | { by: 'namespace' | 'workflow' | 'model' | 'tag'; value: string };

export type BudgetPeriod = 'day' | 'month';

/** A limit on what is spent in a period. */
export interface PeriodBudget {
	limitNanoUsd: number;
	period: BudgetPeriod;
}

/** The scope as the key under which spending is kept. */
export function scopeKey(scope: BudgetScope): string {
	return scope.by === 'all' ? 'all' : `${scope.by}:${scope.value}`;
}

/** Every scope that a call counts in. */
export function scopesOf(dimensions: LedgerDimensions): string[] {
	return [
		'all',
		`namespace:${dimensions.namespace}`,
		`workflow:${dimensions.workflow}`,
		`model:${dimensions.model}`,
		...dimensions.tags.map((tag) => `tag:${tag}`),
	];
}

/** Names of the day and month in UTC that hold the time, e.g. `2026-11-20` and `2026-11`. */
export function periodKey(period: BudgetPeriod, atMs: number): string {
	return new Date(atMs).toISOString().slice(0, period === 'day' ? 10 : 7);
}

/** When the period that holds the time ends and the budget is whole again, ms since 1970. */
export function periodEnd(period: BudgetPeriod, atMs: number): number {
	const at = new Date(atMs);
	return period === 'day'
		? Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate() + 1)
		: Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 1);
}

/** How far a budget is used up, in order of severity. */
export type BudgetLevel = 'ok' | 'alert' | 'cheaperModel' | 'cacheOnly' | 'stop';

/** From which share of the limit (0 to 1) each level holds; at the whole limit everything stops. */
export interface BudgetThresholds {
	alert: number;
	cheaperModel: number;
	cacheOnly: number;
}

/**
 * The level of a budget of which so much is spent and reserved. A refused reservation leaves only
 * cached answers, and nothing at all once the limit itself is reached.
 */
export function budgetLevel(
	usedNanoUsd: number,
	limitNanoUsd: number,
	granted: boolean,
	thresholds: BudgetThresholds,
): BudgetLevel {
	const share = limitNanoUsd <= 0 ? 1 : usedNanoUsd / limitNanoUsd;
	if (!granted) return share >= 1 ? 'stop' : 'cacheOnly';
	if (share >= thresholds.cheaperModel) return 'cheaperModel';
	return share >= thresholds.alert ? 'alert' : 'ok';
}

/** A granted part of a budget, as it travels on the item from the check to the booking. */
export interface Reservation {
	periodKey: string;
	scope: string;
	id: string;
}

export function encodeReservation({ periodKey: period, scope, id }: Reservation): string {
	return `${period}~${scope}~${id}`;
}

/** @returns null when the text is no reservation */
export function decodeReservation(text: string): Reservation | null {
	const [, period, scope, id] = /^(\d{4}-\d{2}(?:-\d{2})?)~(.+)~([^~]+)$/.exec(text) ?? [];
	if (period === undefined || scope === undefined || id === undefined) return null;
	return { periodKey: period, scope, id };
}
