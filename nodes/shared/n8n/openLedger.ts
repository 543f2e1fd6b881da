import { redisCostLedger } from '../drivers/redis/costLedger';
import { sqliteCostLedger } from '../drivers/sqlite/costLedger';
import type { CostLedger } from '../ports/CostLedger';
import type { Connection } from './connections';

const ledgers = new WeakMap<object, CostLedger>();

/**
 * The cost ledger beside the cache, in the same file or Redis.
 * @throws StoreUnavailable where its tables cannot be made
 */
export function openLedger({ handle, clock }: Connection): CostLedger {
	const live = handle.kind === 'sqlite' ? handle.db : handle.client;
	let ledger = ledgers.get(live);
	if (ledger === undefined) {
		ledger =
			handle.kind === 'sqlite'
				? sqliteCostLedger(handle.db, clock)
				: redisCostLedger(handle.client, handle.prefix);
		ledgers.set(live, ledger);
	}
	return ledger;
}

/** Runs ledger work under the backend's time bound and circuit breaker. */
export function withLedger<T>(
	connection: Connection,
	work: (ledger: CostLedger) => Promise<T>,
	timeoutMs: number,
): Promise<T> {
	return connection.store.run(() => work(openLedger(connection)), timeoutMs);
}
