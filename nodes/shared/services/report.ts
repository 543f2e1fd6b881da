import type { LedgerRow, LedgerSpan } from '../core/ledger/rows';
import { spanStart } from '../core/ledger/rows';
import type { Report, ReportRequest } from '../core/report/report';
import { buildReport } from '../core/report/report';
import type { CostLedger } from '../ports/CostLedger';

export interface PeriodRequest {
	/** Length of the report in days, today included. */
	days: number;
	/** End of the report, ms since 1970. */
	nowMs: number;
	filter?: ReportRequest['filter'];
}

const msPerHour = 3_600_000;
const msPerDay = 24 * msPerHour;
/** Up to so many days a report goes by the hour. */
const hourlyDays = 2;

/** Reads the ledger and adds it up; by the hour for two days or less, else by the day (UTC). */
export async function reportOf(
	ledger: CostLedger,
	request: PeriodRequest,
): Promise<{ report: Report; rows: LedgerRow[] }> {
	const { days, nowMs, filter } = request;
	const span: LedgerSpan = days <= hourlyDays ? 'hour' : 'day';
	const stepMs = span === 'hour' ? msPerHour : msPerDay;
	const toMs = spanStart(span, nowMs) + stepMs;
	const fromMs = toMs - days * msPerDay;
	const rows = await ledger.rows({ span, fromMs, toMs });
	return { report: buildReport(rows, { fromMs, toMs, stepMs, filter }), rows };
}
