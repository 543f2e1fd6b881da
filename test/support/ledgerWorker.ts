/**
 * A worker of queue mode: opens the ledger at an address, then either books calls or makes paid
 * calls under a budget, each reserved before and settled after. Prints what it did as JSON.
 */
import { readFileSync } from 'node:fs';
import { connectRedis } from '../../nodes/shared/drivers/redis/connect';
import { redisCostLedger } from '../../nodes/shared/drivers/redis/costLedger';
import { sqliteCostLedger } from '../../nodes/shared/drivers/sqlite/costLedger';
import { openDatabase } from '../../nodes/shared/drivers/sqlite/openDatabase';
import { systemClock } from '../../nodes/shared/drivers/systemClock';
import type { Reservation } from '../../nodes/shared/core/budget/budget';
import type { LedgerCall } from '../../nodes/shared/core/ledger/call';
import type { CostLedger } from '../../nodes/shared/ports/CostLedger';
import { redisSettings } from '../contract/backends';

export interface WorkerTask {
	address: { kind: 'sqlite'; path: string } | { kind: 'redis'; port: number };
	calls: LedgerCall[];
	/** Where given, a call is made only if its cost could be reserved. */
	/** Closes the ledger before the first call. */
	broken?: boolean;
	budget?: { periodKey: string; scope: string; limitNanoUsd: number };
}

export interface WorkerReport {
	booked: number;
	refused: number;
	/** Name of the error that ended the work. */
	error?: string;
}

const task = JSON.parse(readFileSync(0, 'utf8')) as WorkerTask;

function open(): { ledger: CostLedger; close: () => void } {
	if (task.address.kind === 'sqlite') {
		const { db } = openDatabase(task.address.path, '', 0);
		return { ledger: sqliteCostLedger(db, systemClock), close: () => db.close() };
	}
	const client = connectRedis(redisSettings(task.address.port));
	return { ledger: redisCostLedger(client, 'pc:'), close: () => client.disconnect() };
}

async function paidCall(ledger: CostLedger, call: LedgerCall): Promise<boolean> {
	const { budget } = task;
	if (budget === undefined) return false;
	const reservation: Reservation = { ...budget, id: call.id };
	const { granted } = await ledger.reserve({
		reservation,
		limitNanoUsd: budget.limitNanoUsd,
		amountNanoUsd: call.costNanoUsd ?? 0,
		ttlMs: 60_000,
	});
	if (!granted) return false;
	await new Promise((resolve) => setImmediate(resolve));
	await ledger.record([{ ...call, settles: [reservation] }]);
	return true;
}

async function work(): Promise<WorkerReport> {
	const { ledger, close } = open();
	try {
		if (task.broken) close();
		const done = task.budget
			? await Promise.all(task.calls.map((call) => paidCall(ledger, call)))
			: await ledger.record(task.calls);
		const booked = done.filter(Boolean).length;
		return { booked, refused: done.length - booked };
	} catch (error) {
		return { booked: 0, refused: 0, error: (error as Error).name };
	} finally {
		if (!task.broken) close();
	}
}

void work().then((report) => process.stdout.write(JSON.stringify(report)));
