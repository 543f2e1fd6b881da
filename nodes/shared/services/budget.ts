import type {
	BudgetLevel,
	BudgetPeriod,
	BudgetScope,
	BudgetThresholds,
} from '../core/budget/budget';
import {
	budgetLevel,
	encodeReservation,
	periodEnd,
	periodKey,
	scopeKey,
} from '../core/budget/budget';
import { usdFromNano } from '../core/price/money';
import type { CostLedger } from '../ports/CostLedger';

export interface BudgetCheck {
	scope: BudgetScope;
	period: BudgetPeriod;
	limitNanoUsd: number;
	/** What the coming call may cost; held until it is booked or `ttlMs` have passed. */
	reserveNanoUsd: number;
	ttlMs: number;
	thresholds: BudgetThresholds;
	/** Unique name of the reservation. */
	id: string;
}

/** What the node writes on an item as `budget`. */
export interface BudgetField {
	level: BudgetLevel;
	scope: string;
	period: BudgetPeriod;
	limitUsd: number;
	spentUsd: number;
	/** Held by calls that are under way, this one included. */
	reservedUsd: number;
	remainingUsd: number;
	/** Spent and reserved, as a share of the limit. */
	usedShare: number;
	resetsAt: string;
	/** Hand this on to the Cost Tracker that books the call; null where nothing was reserved. */
	reservation: string | null;
}

/**
 * Reserves the cost of the coming call. Granted up to the share from which only cached answers are
 * given, so that calls in parallel together stay below it.
 */
export async function checkBudget(
	ledger: CostLedger,
	check: BudgetCheck,
	nowMs: number,
): Promise<{ within: boolean; budget: BudgetField }> {
	const { limitNanoUsd, thresholds, period } = check;
	const reservation = {
		periodKey: periodKey(period, nowMs),
		scope: scopeKey(check.scope),
		id: check.id,
	};
	const { granted, spentNanoUsd, reservedNanoUsd } = await ledger.reserve({
		reservation,
		limitNanoUsd: Math.floor(limitNanoUsd * Math.min(1, thresholds.cacheOnly)),
		amountNanoUsd: check.reserveNanoUsd,
		ttlMs: check.ttlMs,
	});
	const used = spentNanoUsd + reservedNanoUsd;
	return {
		within: granted,
		budget: {
			level: budgetLevel(used, limitNanoUsd, granted, thresholds),
			scope: reservation.scope,
			period,
			limitUsd: usdFromNano(limitNanoUsd),
			spentUsd: usdFromNano(spentNanoUsd),
			reservedUsd: usdFromNano(reservedNanoUsd),
			remainingUsd: usdFromNano(Math.max(0, limitNanoUsd - used)),
			usedShare: limitNanoUsd <= 0 ? 1 : used / limitNanoUsd,
			resetsAt: new Date(periodEnd(period, nowMs)).toISOString(),
			reservation: granted ? encodeReservation(reservation) : null,
		},
	};
}
