import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CACHE_SCHEMA } from '../../../nodes/shared/drivers/sqlite/cacheSchema';
import { sqliteCacheStore } from '../../../nodes/shared/drivers/sqlite/cacheStore';
import { openDatabase } from '../../../nodes/shared/drivers/sqlite/openDatabase';
import { isHit } from '../../../nodes/shared/services/lookup';
import { asked, engineOver, settableClock, type Engine } from '../../support/engine';

const HOUR = 3_600_000;

describe('freshness, end to end over SQLite with a clock that is set', () => {
	let folder: string;
	let db: DatabaseSync;
	let engine: Engine;
	let clock: ReturnType<typeof settableClock>;
	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), 'prompt-cache-'));
		({ db } = openDatabase(join(folder, 'cache.sqlite'), CACHE_SCHEMA, 0));
		clock = settableClock();
		engine = engineOver(sqliteCacheStore(db, clock, { maxBytes: 1e9, maxEntries: 1e6 }), clock);
	});
	afterEach(() => {
		engine.close();
		db.close();
		rmSync(folder, { recursive: true, force: true });
	});
	const request = asked('Capital of France?');
	const state = async (control = '', operation: 'lookup' | 'fallback' = 'lookup') => {
		const outcome = await engine.ask(asked('Capital of France?', control), {
			operation,
			coalesce: false,
		});
		return outcome.status;
	};

	it('serves an answer for its lifetime, then to fallback for its grace period, then never', async () => {
		await engine.answer(request, 'Paris');
		expect(await state()).toBe('hit');
		clock.advance(59_999);
		expect(await state()).toBe('hit');
		clock.advance(1);
		expect([await state(), await state('', 'fallback')]).toEqual(['miss', 'stale']);
		clock.advance(599_000);
		expect(await state('', 'fallback')).toBe('stale');
		clock.advance(2_000);
		expect(await state('', 'fallback')).toBe('miss');
		expect(await state('stale-while-revalidate=100000000')).toBe('miss');
	});

	it('does not slide: hits in between prolong nothing', async () => {
		await engine.answer(request, 'Paris');
		for (let second = 0; second < 59; second++) {
			clock.advance(1_000);
			expect(await state()).toBe('hit');
		}
		clock.advance(1_001);
		expect(await state()).toBe('miss');
	});

	it('tells the age of what it serves, and why it does not serve', async () => {
		await engine.answer(request, 'Paris');
		clock.advance(30_000);
		expect(await engine.ask(request)).toMatchObject({ status: 'hit', ageMs: 30_000 });
		clock.advance(70_000);
		expect(await engine.ask(request)).toMatchObject({
			status: 'miss',
			reasons: ['entry expired 40 s ago'],
		});
	});

	it('shortens each lifetime by its jitter', async () => {
		const stored = await engine.answer(request, 'Paris', undefined, { ttlJitterPercent: 10 });
		expect(stored).toMatchObject({ stored: true, expiresAtMs: clock.nowMs() + 57_000 });
		clock.advance(57_000);
		expect(await state()).toBe('miss');
	});

	it('keeps a deterministic refusal of the provider for its own short time, without grace', async () => {
		const refusal = { statusCode: 400, body: { error: { message: 'unknown model' } } };
		expect(await engine.answer(request, refusal)).toMatchObject({ stored: false });
		expect(
			await engine.answer(request, refusal, undefined, { negativeTtlMs: 5_000 }),
		).toMatchObject({ stored: true });
		expect(await state()).toBe('hit');
		clock.advance(5_000);
		expect([await state(), await state('', 'fallback')]).toEqual(['miss', 'miss']);
	});

	it.each([1, -1])(
		'serves nothing wrong when the clock jumps by %d hour, and heals',
		async (hours) => {
			await engine.answer(request, 'old', undefined, { ttlMs: 30 * 60_000, graceMs: 0 });
			clock.jump(hours * HOUR);
			const outcome = await engine.ask(request);
			expect(outcome.status).toBe('miss');
			expect(outcome).toMatchObject({ leader: true });
			await engine.answer(request, 'new', outcome);
			expect(await engine.ask(request)).toMatchObject({
				status: 'hit',
				entry: { response: 'new' },
			});
			clock.jump(-hours * HOUR);
			const later = await engine.ask(request);
			expect(isHit(later) ? later.entry.response : 'none').not.toBe('old');
		},
	);

	it('hands a lease on when its holder died before the clock went back an hour', async () => {
		expect(await engine.ask(request)).toMatchObject({ leader: true });
		engine.close();
		clock.jump(-HOUR);
		const other = engineOver(
			sqliteCacheStore(db, clock, { maxBytes: 1e9, maxEntries: 1e6 }),
			clock,
		);
		expect(await other.ask(request)).toMatchObject({ leader: true });
		other.close();
	});

	it('takes no call for lost because the clock went forward an hour, but one whose holder died since', async () => {
		const other = engineOver(
			sqliteCacheStore(db, clock, { maxBytes: 1e9, maxEntries: 1e6 }),
			clock,
		);
		await other.ask(asked('something else'));
		await engine.ask(request);
		clock.jump(HOUR);
		const heir = await other.ask(request);
		expect(heir).toMatchObject({ leader: true });
		expect(heir.reasons).not.toContain('who asked before ended without an answer');
		expect(other.inherited()).toEqual([]);
		const another = asked('Capital of Spain?');
		await engine.ask(another);
		engine.close();
		clock.advance(10_000);
		expect(await other.ask(another)).toMatchObject({
			leader: true,
			reasons: expect.arrayContaining(['who asked before ended without an answer']),
		});
		expect(other.inherited()).toMatchObject([{ key: another.key }]);
		other.close();
	});

	it('lets nobody wait longer although the clock goes back while they wait', async () => {
		await engine.ask(request);
		let jumped = false;
		const sleep = clock.sleep;
		clock.sleep = async (ms) => {
			if (!jumped) clock.jump(-4_000);
			jumped = true;
			await sleep(ms);
		};
		const before = clock.elapsedMs();
		const waited = await engine.ask(request, { coalesceWaitMs: 3_000 });
		expect(waited).toMatchObject({ status: 'miss', leader: false });
		expect(clock.elapsedMs() - before).toBeLessThanOrEqual(3_000);
	});

	it('evicts the least recently used entries at its limits, and counts them', async () => {
		const small = engineOver(
			sqliteCacheStore(db, clock, { maxBytes: 1e9, maxEntries: 500 }),
			clock,
		);
		const many = Array.from({ length: 600 }, (_, index) => asked(`question ${index}`));
		for (const [index, one] of many.entries()) {
			await small.answer(one, `answer ${index}`, undefined, { ttlMs: 100 * HOUR });
			clock.advance(100);
			// The first one is asked for again and again: it is used, though it is old.
			if (index % 50 === 0) {
				clock.advance(70_000);
				await small.ask(many[0]!);
				await small.ask(many[0]!);
			}
		}
		const found = await small.lookup(many, { coalesce: false });
		const hits = found.filter(isHit).length;
		expect(hits).toBeLessThanOrEqual(500);
		expect(hits).toBeGreaterThan(200);
		expect(found[0]!.status).toBe('hit');
		expect(found[1]!.status).toBe('miss');
		const [space] = await small.store.run((live) => live.inspect(), 1_000);
		expect(space).toMatchObject({ entries: hits, evictions: 600 - hits });
		small.close();
	});

	it('keeps within its limit of bytes', async () => {
		const small = engineOver(
			sqliteCacheStore(db, clock, { maxBytes: 200_000, maxEntries: 1e6 }),
			clock,
		);
		for (let index = 0; index < 400; index++) {
			await small.answer(asked(`question ${index}`), 'x'.repeat(2_000));
		}
		const [space] = await small.store.run((live) => live.inspect(), 1_000);
		expect(space!.bytes).toBeLessThanOrEqual(200_000);
		expect(space!.evictions).toBeGreaterThan(200);
		small.close();
	});

	it('removes what is long gone, so that the file does not grow for ever', async () => {
		for (let index = 0; index < 300; index++) {
			await engine.answer(asked(`question ${index}`), 'x', undefined, { graceMs: 0 });
		}
		clock.advance(8 * 24 * HOUR);
		await engine.answer(request, 'Paris');
		const count = (table: string) =>
			Number(db.prepare(`SELECT count(*) AS n FROM ${table}`).get()!.n);
		expect([count('cache_entries'), count('cache_near')]).toEqual([1, 1]);
	});
});
