import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectRedis } from '../../nodes/shared/drivers/redis/connect';
import { redisCostLedger } from '../../nodes/shared/drivers/redis/costLedger';
import { sqliteCostLedger } from '../../nodes/shared/drivers/sqlite/costLedger';
import { openDatabase } from '../../nodes/shared/drivers/sqlite/openDatabase';
import type { Clock } from '../../nodes/shared/ports/Clock';
import type { CostLedger } from '../../nodes/shared/ports/CostLedger';
import { startRedis } from '../../scripts/lib/redisServer.mjs';
import { redisSettings } from './backends';

/** A ledger under the contract suite. */
export interface LedgerUnderTest {
	ledger: CostLedger;
	/** A second client of the same data, as another worker has, with a clock of its own. */
	reopen(clock?: Clock): CostLedger;
	/** How another process reaches the same data. */
	address: { kind: 'sqlite'; path: string } | { kind: 'redis'; port: number };
	close(): Promise<void>;
}

export type StartLedger = (clock: Clock) => Promise<LedgerUnderTest>;

export async function startSqliteLedger(clock: Clock): Promise<LedgerUnderTest> {
	const folder = mkdtempSync(join(tmpdir(), 'prompt-cache-ledger-'));
	const path = join(folder, 'cache.sqlite');
	const opened: Array<{ close(): void }> = [];
	const open = (own: Clock = clock): CostLedger => {
		const { db } = openDatabase(path, '', 0);
		opened.push(db);
		return sqliteCostLedger(db, own);
	};
	return {
		ledger: open(),
		reopen: open,
		address: { kind: 'sqlite', path },
		close: async () => {
			for (const db of opened) db.close();
			rmSync(folder, { recursive: true, force: true });
		},
	};
}

export async function startRedisLedger(): Promise<LedgerUnderTest> {
	const server = await startRedis();
	const clients: Array<ReturnType<typeof connectRedis>> = [];
	const open = (): CostLedger => {
		const client = connectRedis(redisSettings(server.port));
		clients.push(client);
		return redisCostLedger(client, 'pc:');
	};
	return {
		ledger: open(),
		reopen: open,
		address: { kind: 'redis', port: server.port },
		close: async () => {
			for (const client of clients) client.disconnect();
			await server.close();
		},
	};
}
