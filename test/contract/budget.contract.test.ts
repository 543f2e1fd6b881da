import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Reservation } from '../../nodes/shared/core/budget/budget';
import { periodKey } from '../../nodes/shared/core/budget/budget';
import { systemClock } from '../../nodes/shared/drivers/systemClock';
import type { CostLedger } from '../../nodes/shared/ports/CostLedger';
import type { WorkerReport, WorkerTask } from '../support/ledgerWorker';
import { runProcess } from '../support/processes';
import type { LedgerUnderTest } from './ledgers';
import { backends, call, now, totals } from './ledgers';

describe.each(backends)('budgets on %s', (_name, start) => {
	let backend: LedgerUnderTest;
	let ledger: CostLedger;
	beforeAll(async () => {
		backend = await start(systemClock);
		ledger = backend.ledger;
	});
	afterAll(() => backend.close());

	const reservation = (scope: string, id: string): Reservation => ({
		periodKey: periodKey('day', now),
		scope,
		id,
	});
	const ask = (scope: string, id: string, over = {}) => ({
		reservation: reservation(scope, id),
		limitNanoUsd: 10,
		amountNanoUsd: 4,
		ttlMs: 60_000,
		...over,
	});

	it('grants a reservation while it fits beside the others', async () => {
		expect(await ledger.reserve(ask('tag:fits', 'a'))).toEqual({
			granted: true,
			spentNanoUsd: 0,
			reservedNanoUsd: 4,
		});
		expect(await ledger.reserve(ask('tag:fits', 'b'))).toMatchObject({
			granted: true,
			reservedNanoUsd: 8,
		});
		expect(await ledger.reserve(ask('tag:fits', 'c'))).toMatchObject({
			granted: false,
			reservedNanoUsd: 8,
		});
		expect(await ledger.reserve(ask('tag:other', 'c'))).toMatchObject({ granted: true });
	});

	it('turns a reservation into what the call really cost, once', async () => {
		await ledger.reserve(ask('tag:settle', 'a'));
		const settled = call({
			namespace: 'settle',
			tags: ['settle'],
			costNanoUsd: 3,
			settles: [reservation('tag:settle', 'a')],
		});
		await ledger.record([settled]);
		await ledger.record([settled]);
		expect(await ledger.reserve(ask('tag:settle', 'b'))).toEqual({
			granted: true,
			spentNanoUsd: 3,
			reservedNanoUsd: 4,
		});
	});

	it('gives back what was released', async () => {
		await ledger.reserve(ask('tag:release', 'a', { amountNanoUsd: 10 }));
		await ledger.release([reservation('tag:release', 'a')]);
		expect(await ledger.reserve(ask('tag:release', 'b', { amountNanoUsd: 10 }))).toMatchObject({
			granted: true,
		});
	});

	it('forgets a reservation that was never settled', async () => {
		await ledger.reserve(ask('tag:expire', 'a', { amountNanoUsd: 10, ttlMs: 0 }));
		expect(await ledger.reserve(ask('tag:expire', 'b', { amountNanoUsd: 10 }))).toMatchObject({
			granted: true,
		});
	});

	it('counts what was spent in every scope of a call, by day and by month', async () => {
		await ledger.record([
			call({
				namespace: 'scope-n',
				workflow: 'scope-w',
				model: 'scope-m',
				tags: ['scope-t'],
				costNanoUsd: 7,
			}),
		]);
		for (const scope of ['namespace:scope-n', 'workflow:scope-w', 'model:scope-m', 'tag:scope-t']) {
			for (const period of ['day', 'month'] as const) {
				const asked = {
					...ask(scope, 'q'),
					reservation: { periodKey: periodKey(period, now), scope, id: 'q' },
				};
				expect(await ledger.reserve({ ...asked, amountNanoUsd: 0 })).toMatchObject({
					spentNanoUsd: 7,
				});
			}
		}
	});

	it('tells what was spent without reserving anything', async () => {
		const scope = 'namespace:asked';
		const period = periodKey('day', now);
		expect(await ledger.spent(period, scope)).toBe(0);
		await ledger.record([call({ namespace: 'asked', costNanoUsd: 7 })]);
		await ledger.reserve(ask(scope, 'open'));
		expect(await ledger.spent(period, scope)).toBe(7);
	});

	it('two hundred calls of two processes spend no more than the budget', async () => {
		const task = (worker: number): WorkerTask => ({
			address: backend.address,
			budget: { periodKey: periodKey('day', now), scope: 'tag:race', limitNanoUsd: 50_500 },
			calls: Array.from({ length: 100 }, (_, index) =>
				call({
					id: `race-${worker}-${index}`,
					namespace: 'race',
					tags: ['race'],
					costNanoUsd: 1_000,
				}),
			),
		});
		const reports = await Promise.all(
			[1, 2].map((worker) => runProcess<WorkerReport>('ledgerWorker.ts', task(worker))),
		);
		expect(reports.reduce((sum, { booked }) => sum + booked, 0)).toBe(50);
		expect(await totals(ledger, 'race')).toMatchObject({ calls: 50, costNanoUsd: 50_000 });
	});
});
