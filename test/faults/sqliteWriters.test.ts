import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CACHE_SCHEMA } from '../../nodes/shared/drivers/sqlite/cacheSchema';
import { sqliteCacheStore } from '../../nodes/shared/drivers/sqlite/cacheStore';
import { sqliteCostLedger } from '../../nodes/shared/drivers/sqlite/costLedger';
import { openDatabase } from '../../nodes/shared/drivers/sqlite/openDatabase';
import { systemClock } from '../../nodes/shared/drivers/systemClock';
import type { CacheStore, LookupReply } from '../../nodes/shared/ports/CacheStore';
import type { Clock } from '../../nodes/shared/ports/Clock';
import { isHit, leads } from '../../nodes/shared/services/lookup';
import { asked, engineOver, settableClock, type Engine } from '../support/engine';

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('SQLite while another process is in the middle of a write', () => {
	let folder: string;
	let other: DatabaseSync;
	const closing: Array<() => void> = [];
	const path = () => join(folder, 'cache.sqlite');
	const open = (
		clock: Clock = systemClock,
	): { db: DatabaseSync; store: CacheStore; engine: Engine } => {
		const { db } = openDatabase(path(), CACHE_SCHEMA, 0);
		const store = sqliteCacheStore(db, clock, { maxBytes: 1e9, maxEntries: 1e6 });
		const engine = engineOver(store, clock);
		closing.push(() => {
			engine.close();
			db.close();
		});
		return { db, store, engine };
	};
	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), 'prompt-cache-'));
		other = openDatabase(path(), CACHE_SCHEMA, 0).db;
		closing.push(() => other.close());
	});
	afterEach(() => {
		for (const close of closing.splice(0).reverse()) close();
		rmSync(folder, { recursive: true, force: true });
	});

	it('serves hits, and is held up by one that was stopped there once in a while, not with every miss', async () => {
		const { engine } = open();
		await engine.answer(asked('known'), 'answer');
		other.exec('BEGIN IMMEDIATE');
		const since = performance.now();
		for (let index = 0; index < 5; index++) {
			const request = asked(`question ${index}`);
			const outcome = await engine.ask(request, { timeoutMs: 500 });
			expect(outcome).toMatchObject({ status: 'miss', leader: false });
			const stored = await engine.answer(request, 'x', outcome, { timeoutMs: 500 });
			expect(stored).toMatchObject({ stored: false, reasons: [/another process holds/i] });
			expect(await engine.ask(asked('known'))).toMatchObject({ status: 'hit' });
		}
		// With a wait of 5 s for each write these were 50 s.
		expect(performance.now() - since).toBeLessThan(10_000);
		other.exec('COMMIT');
		const outcome = await engine.ask(asked('question 0'));
		expect(leads(outcome)).toBe(true);
		expect(await engine.answer(asked('question 0'), 'x', outcome)).toMatchObject({ stored: true });
	}, 60_000);

	it('has one leader for a miss whose lease could not be written at first', async () => {
		const engines = [open().engine, open().engine];
		const request = asked('question');
		other.exec('BEGIN IMMEDIATE');
		const asking = engines.map(async (engine) => {
			const outcome = await engine.ask(request);
			if (isHit(outcome)) return outcome.entry.response;
			await engine.answer(request, 'the one answer', outcome);
			return leads(outcome) ? 'led' : 'went on alone';
		});
		await pause(1);
		other.exec('COMMIT');
		expect((await Promise.all(asking)).sort()).toEqual(['led', 'the one answer']);
	});

	it('lets those who wait for an answer look again without a write', async () => {
		const [leader, waiter] = [open().engine, open().engine];
		const request = asked('question');
		const led = await leader.ask(request);
		const waiting = waiter.ask(request);
		await pause(1);
		other.exec('BEGIN IMMEDIATE');
		await pause(1_500);
		other.exec('COMMIT');
		await leader.answer(request, 'answer', led);
		expect(await waiting).toMatchObject({ status: 'hit' });
	});

	it('stores, books and invalidates when that is over in a moment', async () => {
		const { db, engine } = open();
		const ledger = sqliteCostLedger(db, systemClock);
		other.exec('BEGIN IMMEDIATE');
		const reservation = { periodKey: '2026-11-20', scope: 'all', id: 'one' };
		const writing = Promise.all([
			engine.answer(asked('question'), 'answer'),
			ledger.reserve({ reservation, limitNanoUsd: 2, amountNanoUsd: 1, ttlMs: 60_000 }),
			engine.store.run((live) => live.invalidate('other', { by: 'namespace' }), 5_000),
		]);
		await pause(1);
		other.exec('COMMIT');
		expect(await writing).toMatchObject([{ stored: true }, { granted: true }, { invalidated: 0 }]);
	});

	it('takes no lease that another took while this one waited for the lock', async () => {
		const clock = settableClock();
		const [{ db, engine }, rival] = [open(clock), open(clock).store];
		const request = asked('question');
		const query = { namespace: 'default', key: request.key, userHash: '' };
		const exec = db.exec.bind(db);
		let rivals: Promise<LookupReply> | undefined;
		db.exec = (sql) => {
			if (sql === 'BEGIN IMMEDIATE' && !rivals) {
				clock.advance(12_000);
				rivals = rival.lookup([{ ...query, lease: { token: 'rival', ttlMs: 6_000 } }]);
			}
			exec(sql);
		};
		const outcome = await engine.ask(request, { coalesceWaitMs: 0 });
		expect((await rivals)?.rows).toMatchObject([{ lease: 'acquired' }]);
		expect(leads(outcome)).toBe(false);
	});
});
