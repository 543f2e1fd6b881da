import type { LedgerCall } from '../../nodes/shared/core/ledger/call';
import { addCounters, noCounters } from '../../nodes/shared/core/ledger/counters';
import type { LedgerSpan } from '../../nodes/shared/core/ledger/rows';
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

export const hourMs = 3_600_000;
/** The time at which the suite's calls are made. */
export const now = Date.parse('2026-11-20T10:20:00Z');

let made = 0;
/** A paid call with an id of its own. */
export function call(over: Partial<LedgerCall> = {}): LedgerCall {
	made += 1;
	return {
		id: `execution-${made}:node:0:0:0`,
		atMs: now,
		kind: 'call',
		provider: 'openai',
		model: 'gpt-4o-mini',
		workflow: 'support',
		namespace: 'default',
		tags: [],
		prompt: '',
		costNanoUsd: 1_000_000,
		avoidedNanoUsd: null,
		overheadNanoUsd: 0,
		providerSavedNanoUsd: 0,
		inputTokens: 100,
		cacheReadTokens: 0,
		cacheWriteTokens: 0,
		outputTokens: 10,
		latencyMs: 800,
		savedLatencyMs: 0,
		settles: [],
		...over,
	};
}

/** Totals of one namespace, so that tests on one ledger do not meet. */
export async function totals(ledger: CostLedger, namespace: string, span: LedgerSpan = 'day') {
	const rows = await ledger.rows({
		span,
		fromMs: now - 40 * 24 * hourMs,
		toMs: now + 40 * 24 * hourMs,
	});
	return rows
		.filter(({ dimensions }) => dimensions.namespace === namespace)
		.reduce((sum, { counters }) => addCounters(sum, counters), noCounters());
}

export const backends: Array<[string, StartLedger]> = [
	['SQLite', startSqliteLedger],
	['Redis', startRedisLedger],
];
