import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { LedgerCall } from '../../nodes/shared/core/ledger/call';
import type { LedgerSpan } from '../../nodes/shared/core/ledger/rows';
import { systemClock } from '../../nodes/shared/drivers/systemClock';
import type { CostLedger } from '../../nodes/shared/ports/CostLedger';
import type { WorkerReport, WorkerTask } from '../support/ledgerWorker';
import { runProcess } from '../support/processes';
import type { LedgerUnderTest } from './ledgers';
import { backends, call, hourMs, now, startSqliteLedger, totals } from './ledgers';

describe.each(backends)('the cost ledger on %s', (_name, start) => {
	let backend: LedgerUnderTest;
	let ledger: CostLedger;
	beforeAll(async () => {
		backend = await start(systemClock);
		ledger = backend.ledger;
	});
	afterAll(() => backend.close());

	it('adds calls up by hour and by day, to the nano-USD', async () => {
		const mine = { namespace: 'adds' };
		await ledger.record([
			call({ ...mine, costNanoUsd: 336_900 }),
			call({ ...mine, costNanoUsd: 1 }),
			call({ ...mine, costNanoUsd: 5_000_000_000, atMs: now + hourMs }),
		]);
		expect(await totals(ledger, 'adds')).toMatchObject({
			calls: 3,
			costNanoUsd: 5_000_336_901,
			inputTokens: 300,
		});
		const hours = await ledger.rows({ span: 'hour', fromMs: now - (now % hourMs), toMs: now });
		const mineOnly = hours.filter(({ dimensions }) => dimensions.namespace === 'adds');
		expect(mineOnly).toHaveLength(1);
		expect(mineOnly[0]?.counters.costNanoUsd).toBe(336_901);
	});

	it('keeps model, workflow, namespace, tags and prompt apart', async () => {
		const mine = { namespace: 'apart' };
		await ledger.record([
			call({ ...mine, model: 'a' }),
			call({ ...mine, model: 'b' }),
			call({ ...mine, model: 'b', workflow: 'other' }),
			call({ ...mine, model: 'b', tags: ['x', 'y: "z"'] }),
			call({ ...mine, model: 'b', prompt: 'Prénom\u2028🙂' }),
			call({ ...mine, model: 'b' }),
		]);
		const rows = await ledger.rows({ span: 'day', fromMs: now - 24 * hourMs, toMs: now });
		const mineOnly = rows.filter(({ dimensions }) => dimensions.namespace === 'apart');
		expect(mineOnly.map(({ counters }) => counters.calls).sort()).toEqual([1, 1, 1, 1, 2]);
		expect(mineOnly.map(({ dimensions }) => dimensions.tags)).toContainEqual(['x', 'y: "z"']);
		expect(mineOnly.map(({ dimensions }) => dimensions.prompt)).toContain('Prénom\u2028🙂');
	});

	it('books an id once, in one batch and over batches and clients', async () => {
		const one = call({ namespace: 'once' });
		expect(await ledger.record([one, one])).toEqual([true, false]);
		expect(await backend.reopen().record([one, call({ namespace: 'once' })])).toEqual([
			false,
			true,
		]);
		expect(await totals(ledger, 'once')).toMatchObject({ calls: 2 });
	});

	it('books an id once although the second worker has a clock that is an hour off, over midnight', async () => {
		const midnight = Date.parse('2026-11-21T00:30:00Z');
		const one = call({ namespace: 'clock', atMs: midnight });
		await ledger.record([one]);
		expect(await ledger.record([{ ...one, atMs: midnight - hourMs }])).toEqual([false]);
		expect(await ledger.record([{ ...one, atMs: midnight + hourMs }])).toEqual([false]);
		expect(await totals(ledger, 'clock')).toMatchObject({ calls: 1 });
	});

	it('counts a hit as saved and leaves its original usage out of the totals', async () => {
		const hit = call({
			namespace: 'hit',
			kind: 'hit',
			costNanoUsd: 0,
			avoidedNanoUsd: 900_000,
			overheadNanoUsd: 20,
			latencyMs: 4,
			savedLatencyMs: 796,
		});
		await ledger.record([hit]);
		const sum = await totals(ledger, 'hit');
		expect(sum).toMatchObject({
			calls: 0,
			hits: 1,
			inputTokens: 0,
			costNanoUsd: 0,
			avoidedNanoUsd: 900_000,
		});
		expect(sum).toMatchObject({ overheadNanoUsd: 20, savedLatencyMs: 796 });
		expect(sum.hitLatency.reduce((a, b) => a + b, 0)).toBe(1);
	});

	it('books many equal answers as one, and counts each', async () => {
		const hit = { kind: 'hit', costNanoUsd: 0, avoidedNanoUsd: 250, savedLatencyMs: 900 } as const;
		await ledger.record([
			call({ namespace: 'times', ...hit, latencyMs: 1, times: 40 }),
			call({ namespace: 'times', ...hit, latencyMs: 1 }),
		]);
		expect(await totals(ledger, 'times')).toMatchObject({
			calls: 0,
			hits: 41,
			avoidedNanoUsd: 41 * 250,
			savedLatencyMs: 41 * 900,
			hitLatency: expect.arrayContaining([41]),
		});
	});

	it('counts an unknown cost as unknown, not as 0 alone', async () => {
		await ledger.record([call({ namespace: 'unknown', costNanoUsd: null })]);
		expect(await totals(ledger, 'unknown')).toMatchObject({
			calls: 1,
			unknownCosts: 1,
			costNanoUsd: 0,
		});
	});

	it('counts a lost call by itself: neither as a call nor as one that cost 0', async () => {
		const lost = call({ namespace: 'lost', kind: 'lost', costNanoUsd: null });
		await ledger.record([lost, call({ namespace: 'lost', kind: 'lost', costNanoUsd: null })]);
		await ledger.record([lost, call({ namespace: 'lost', costNanoUsd: 7 })]);
		expect(await totals(ledger, 'lost')).toMatchObject({
			calls: 1,
			lostCalls: 2,
			unknownCosts: 0,
			costNanoUsd: 7,
		});
	});

	it('takes savings that are negative', async () => {
		await ledger.record([call({ namespace: 'negative', providerSavedNanoUsd: -750_000 })]);
		await ledger.record([call({ namespace: 'negative', providerSavedNanoUsd: 250_000 })]);
		expect(await totals(ledger, 'negative')).toMatchObject({ providerSavedNanoUsd: -500_000 });
	});

	it('books 2,500 calls of one batch over two days and answers in their order', async () => {
		const batch = Array.from({ length: 2_500 }, (_, index) =>
			call({ namespace: 'batch', atMs: now + (index % 2) * 24 * hourMs, tags: [`t${index % 3}`] }),
		);
		const repeated = batch[7] as LedgerCall;
		const booked = await ledger.record([...batch, repeated]);
		expect(booked.slice(0, -1).every(Boolean)).toBe(true);
		expect(booked.at(-1)).toBe(false);
		expect(await totals(ledger, 'batch')).toMatchObject({
			calls: 2_500,
			costNanoUsd: 2_500_000_000,
		});
	});

	it('gives only rows of the time asked for', async () => {
		await ledger.record([call({ namespace: 'time', atMs: now - 10 * 24 * hourMs })]);
		const rows = await ledger.rows({ span: 'day', fromMs: now - 24 * hourMs, toMs: now });
		expect(rows.map(({ dimensions }) => dimensions.namespace)).not.toContain('time');
	});

	it('keeps the last notes on a prompt, newest first', async () => {
		const asked: string[][] = [];
		for (const note of ['a', 'b', 'c', 'd'])
			asked.push(await ledger.remember('Support answer', note, 2));
		expect(asked).toEqual([[], ['a'], ['b', 'a'], ['c', 'b']]);
		expect(await ledger.remember('Another', 'x', 2)).toEqual([]);
	});

	it('two workers that book overlapping calls lose none and count none twice', async () => {
		const all = Array.from({ length: 600 }, (_, index) =>
			call({ id: `overlap-${index}`, namespace: 'overlap' }),
		);
		const tasks: WorkerTask[] = [
			{ address: backend.address, calls: all.slice(0, 400) },
			{ address: backend.address, calls: all.slice(200) },
		];
		const reports = await Promise.all(
			tasks.map((task) => runProcess<WorkerReport>('ledgerWorker.ts', task)),
		);
		expect(reports.reduce((sum, { booked }) => sum + booked, 0)).toBe(600);
		expect(await totals(ledger, 'overlap')).toMatchObject({ calls: 600 });
	});

	it('says that it is unavailable when it is', async () => {
		const task: WorkerTask = { address: backend.address, calls: [call()], broken: true };
		const { error } = await runProcess<WorkerReport>('ledgerWorker.ts', task);
		expect(error).toBe('StoreUnavailable');
	});
});

describe('retention on SQLite', () => {
	it('drops hours after five weeks and keeps days for two years', async () => {
		let at = now;
		const backend = await startSqliteLedger({ ...systemClock, nowMs: () => at });
		const { ledger } = backend;
		await ledger.record([call({ namespace: 'old' })]);
		at = now + 36 * 24 * hourMs;
		await ledger.record([call({ namespace: 'new', atMs: at })]);
		const spaces = async (span: LedgerSpan): Promise<string[]> =>
			(await ledger.rows({ span, fromMs: 0, toMs: at + 24 * hourMs })).map(
				({ dimensions }) => dimensions.namespace,
			);
		expect(await spaces('hour')).toEqual(['new']);
		expect((await spaces('day')).sort()).toEqual(['new', 'old']);
		await backend.close();
	});
});
