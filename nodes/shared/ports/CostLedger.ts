import type { Reservation } from '../core/budget/budget';
import type { LedgerCall } from '../core/ledger/call';
import type { LedgerRow, LedgerSpan } from '../core/ledger/rows';

/** Asks for a part of a budget before a call is made. */
export interface ReserveAsk {
	reservation: Reservation;
	limitNanoUsd: number;
	amountNanoUsd: number;
	/** After that time an unsettled reservation is void. */
	ttlMs: number;
}

export interface ReserveReply {
	granted: boolean;
	spentNanoUsd: number;
	/** Open reservations, the new one included if it was granted. */
	reservedNanoUsd: number;
}

export interface LedgerQuery {
	span: LedgerSpan;
	/** Inclusive and exclusive, ms since 1970. */
	fromMs: number;
	toMs: number;
}

/**
 * Where calls are booked. Every method may throw StoreUnavailable. The same contract suite runs over
 * every implementation.
 */
export interface CostLedger {
	readonly backend: 'embedded' | 'redis';

	/**
	 * Books calls in one round trip (per node of a cluster), each id once however often it comes, and
	 * settles their reservations. Answers in order: false for a call that was booked before.
	 */
	record(calls: readonly LedgerCall[]): Promise<boolean[]>;

	/**
	 * Reserves atomically: granted only while spent, reserved and the new amount fit the limit, so that
	 * calls in parallel cannot overspend together. A limit of 0 grants nothing but an amount of 0.
	 */
	reserve(ask: ReserveAsk): Promise<ReserveReply>;

	/** Nano-USD spent in a period and scope, without what is reserved. */
	spent(periodKey: string, scope: string): Promise<number>;

	/** Gives reservations back without spending. */
	release(reservations: readonly Reservation[]): Promise<void>;

	/** The rows of the spans that begin within the query. */
	rows(query: LedgerQuery): Promise<LedgerRow[]>;

	/**
	 * Keeps a note on a prompt and gives the earlier ones, newest first, at most `keep` of them.
	 */
	remember(prompt: string, note: string, keep: number): Promise<string[]>;
}
