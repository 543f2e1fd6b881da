import { randomUUID } from 'node:crypto';
import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import type { BudgetPeriod, BudgetScope } from '../shared/core/budget/budget';
import { ConfigError, StoreUnavailable } from '../shared/core/errors';
import { cleanText } from '../shared/core/ledger/call';
import { isObject } from '../shared/core/usage/json';
import { openBackend } from '../shared/n8n/backend';
import type { Connection } from '../shared/n8n/connections';
import { failedItem } from '../shared/n8n/nodeErrors';
import { withLedger } from '../shared/n8n/openLedger';
import { readNumber } from '../shared/n8n/readNumber';
import type { BudgetCheck } from '../shared/services/budget';
import { checkBudget } from '../shared/services/budget';
import { defaultTimeoutMs, nanoFromParameter } from './settings';

interface BudgetOptions {
	alertPercent?: number;
	cheaperModelPercent?: number;
	cacheOnlyPercent?: number;
	holdSeconds?: number;
	onBackendError?: 'within' | 'over' | 'fail';
	timeoutMs?: number;
}

/** Operation `checkBudget`: items with room in the budget to the first output, the rest to the second. */
export async function checkBudgetItems(
	ctx: IExecuteFunctions,
	items: INodeExecutionData[],
): Promise<INodeExecutionData[][]> {
	const within: INodeExecutionData[] = [];
	const over: INodeExecutionData[] = [];
	let connection: Connection | StoreUnavailable;
	try {
		connection = await openBackend(ctx);
	} catch (error) {
		if (!(error instanceof StoreUnavailable)) throw error;
		connection = error;
	}
	for (const [index, item] of items.entries()) {
		try {
			const { isWithin, budget } = await checkOne(ctx, item, index, connection);
			const target = isWithin ? within : over;
			target.push({
				json: { ...item.json, budget },
				binary: item.binary,
				pairedItem: { item: index },
			});
		} catch (error) {
			over.push(failedItem(ctx, error, index));
		}
	}
	return [within, over];
}

async function checkOne(
	ctx: IExecuteFunctions,
	item: INodeExecutionData,
	index: number,
	connection: Connection | StoreUnavailable,
): Promise<{ isWithin: boolean; budget: IDataObject }> {
	const options = ctx.getNodeParameter('budgetOptions', index, {}) as BudgetOptions;
	const check = readCheck(ctx, item, index, options);
	try {
		if (connection instanceof StoreUnavailable) throw connection;
		const { clock } = connection;
		const { within, budget } = await withLedger(
			connection,
			(ledger) => checkBudget(ledger, check, clock.nowMs()),
			options.timeoutMs ?? defaultTimeoutMs,
		);
		return { isWithin: within, budget: { ...budget } };
	} catch (error) {
		const { onBackendError = 'within' } = options;
		if (!(error instanceof StoreUnavailable) || onBackendError === 'fail') throw error;
		const reason = `not checked, the backend is not available: ${error.message}`;
		return { isWithin: onBackendError === 'within', budget: { level: 'unknown', reason } };
	}
}

function readCheck(
	ctx: IExecuteFunctions,
	item: INodeExecutionData,
	index: number,
	options: BudgetOptions,
): BudgetCheck {
	const limit = ctx.getNodeParameter('budgetUsd', index);
	const limitNanoUsd = nanoFromParameter(limit, 'Budget (USD)');
	const share = (percent: unknown, parameter: string): number =>
		Math.min(100, readNumber(percent, parameter)) / 100;
	return {
		scope: readScope(ctx, index),
		period: ctx.getNodeParameter('budgetPeriod', index, 'day') as BudgetPeriod,
		limitNanoUsd,
		reserveNanoUsd:
			estimateOf(item) ??
			nanoFromParameter(ctx.getNodeParameter('reserveUsd', index, 0.01), 'Reserve (USD)'),
		ttlMs: 1000 * readNumber(options.holdSeconds ?? 600, 'Hold Reservation (Seconds)'),
		thresholds: {
			alert: share(options.alertPercent ?? 80, 'Alert From (%)'),
			cheaperModel: share(options.cheaperModelPercent ?? 90, 'Cheaper Model From (%)'),
			cacheOnly: share(options.cacheOnlyPercent ?? 100, 'Cache Only From (%)'),
		},
		id: randomUUID(),
	};
}

function readScope(ctx: IExecuteFunctions, index: number): BudgetScope {
	const by = ctx.getNodeParameter('budgetScope', index, 'all') as
		BudgetScope['by'] | 'thisWorkflow';
	if (by === 'all') return { by };
	if (by === 'thisWorkflow')
		return { by: 'workflow', value: cleanText(ctx.getWorkflow().name ?? '') };
	const value = cleanText(String(ctx.getNodeParameter('budgetScopeValue', index, '')));
	if (value !== '') return { by, value };
	throw new ConfigError(`The ${by} is empty`, 'Value', `Give the ${by} whose spending is limited.`);
}

/** What operation `estimate` wrote on the item before. */
function estimateOf(item: INodeExecutionData): number | null {
	const estimate: unknown = item.json.estimate;
	const usd = isObject(estimate) ? estimate.usd : undefined;
	return typeof usd === 'number' && usd >= 0 ? nanoFromParameter(usd, 'Reserve (USD)') : null;
}
