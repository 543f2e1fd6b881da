import { LRUCache } from 'lru-cache';
import { periodEnd, periodKey, scopeKey } from '../shared/core/budget/budget';
import { cleanText } from '../shared/core/ledger/call';
import type { Connection } from '../shared/n8n/connections';
import { withLedger } from '../shared/n8n/openLedger';
import type { Caller } from '../shared/services/endpoint';

/** The ledger is asked that often at most; in between a budget may be overspent by what is in flight. */
const KEPT_MS = 2_000;
const MOST_NAMESPACES = 10_000;
const TIMEOUT_MS = 500;

const spent = new WeakMap<Connection, LRUCache<string, Promise<number>>>();

/**
 * When a caller whose budget is spent may have new answers again, ms since 1970; undefined where there
 * is still some left. A ledger that fails keeps nobody from asking.
 */
export async function spentUntil(
	connection: Connection,
	{ namespace, budget }: Caller,
	nowMs: number,
): Promise<number | undefined> {
	if (!budget) return undefined;
	const period = periodKey(budget.period, nowMs);
	const scope = scopeKey({ by: 'namespace', value: cleanText(namespace) });
	const spentNanoUsd = await ask(connection, period, scope);
	return spentNanoUsd >= budget.limitNanoUsd ? periodEnd(budget.period, nowMs) : undefined;
}

function ask(connection: Connection, period: string, scope: string): Promise<number> {
	let known = spent.get(connection);
	if (!known) spent.set(connection, (known = new LRUCache({ max: MOST_NAMESPACES, ttl: KEPT_MS })));
	const name = `${period} ${scope}`;
	const before = known.get(name);
	if (before) return before;
	const asked = withLedger(connection, (ledger) => ledger.spent(period, scope), TIMEOUT_MS).catch(
		() => 0,
	);
	known.set(name, asked);
	return asked;
}
