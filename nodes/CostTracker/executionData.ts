import type { IExecuteFunctions } from 'n8n-workflow';
import type { LedgerCall } from '../shared/core/ledger/call';
import { usdFromNano } from '../shared/core/price/money';

interface CustomData {
	get(key: string): unknown;
	set(key: string, value: string | number): void;
}

/**
 * Adds spend, savings and hits to the execution's custom data, which n8n 2 shows and filters by in
 * the list of executions. Elsewhere it does nothing; it never fails the node.
 */
export function addToExecution(ctx: IExecuteFunctions, calls: readonly LedgerCall[]): void {
	const { customData } = ctx as unknown as { customData?: CustomData };
	if (customData === undefined || calls.length === 0) return;
	const sum = (pick: (call: LedgerCall) => number): number =>
		calls.reduce((total, call) => total + pick(call), 0);
	const add = (key: string, amount: number, digits: number): void => {
		const known = Number(customData.get(key) ?? 0);
		customData.set(key, ((Number.isFinite(known) ? known : 0) + amount).toFixed(digits));
	};
	try {
		add('llm_cost_usd', usdFromNano(sum((call) => call.costNanoUsd ?? 0)), 9);
		add('llm_saved_usd', usdFromNano(sum((call) => call.avoidedNanoUsd ?? 0)), 9);
		add(
			'llm_cache_hits',
			sum((call) => (call.kind === 'hit' ? 1 : 0)),
			0,
		);
	} catch (error) {
		// n8n limits custom data to ten keys an execution; the workflow's own go first.
		ctx.logger.debug?.(`Cost Tracker: no execution data written: ${String(error)}`);
	}
}
