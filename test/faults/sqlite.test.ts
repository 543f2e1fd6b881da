import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { decodeEntry } from '../../nodes/shared/core/entry/envelope';
import { StoreUnavailable } from '../../nodes/shared/core/errors';
import { CACHE_SCHEMA } from '../../nodes/shared/drivers/sqlite/cacheSchema';
import { sqliteCacheStore } from '../../nodes/shared/drivers/sqlite/cacheStore';
import { openDatabase } from '../../nodes/shared/drivers/sqlite/openDatabase';
import { systemClock } from '../../nodes/shared/drivers/systemClock';
import type { CacheStore } from '../../nodes/shared/ports/CacheStore';
import { compileInto } from '../support/compiled';
import { audit } from '../support/audit';
import { asked, engineOver } from '../support/engine';
import { storedByRun, textOfRun } from '../support/storedByRun';

const LIMITS = { maxBytes: 1e9, maxEntries: 1e6 };
const cacheOf = (db: DatabaseSync): CacheStore => sqliteCacheStore(db, systemClock, LIMITS);
const newFolder = () => mkdtempSync(join(tmpdir(), 'prompt-cache-'));

describe('a process that is killed in the middle of a store, 200 times', () => {
	const folder = newFolder();
	const path = join(folder, 'cache.sqlite');
	const KILLS = 200;
	const told: number[] = [];
	beforeAll(() => {
		compileInto(folder, [
			'nodes/shared/core',
			'nodes/shared/drivers/sqlite',
			'nodes/shared/drivers/systemClock.ts',
			'test/support/storer.ts',
			'test/support/storedByRun.ts',
		]);
		openDatabase(path, CACHE_SCHEMA, 0).db.close();
	});
	afterAll(() => rmSync(folder, { recursive: true, force: true }));

	/** Starts a storing process, and kills it a moment after its first store. */
	function killOne(run: number): Promise<void> {
		const script = join(folder, 'test', 'support', 'storer.js');
		const child = spawn(process.execPath, ['--no-warnings', script, path, String(run)], {
			stdio: ['ignore', 'pipe', 'inherit'],
		});
		let printed = '';
		child.stdout.on('data', (text: Buffer) => {
			if (printed === '') setTimeout(() => child.kill('SIGKILL'), (run * 7) % 23);
			printed += text.toString();
		});
		return new Promise((resolve) => {
			child.once('close', () => {
				told[run] = printed.split('\n').length - 1;
				resolve();
			});
		});
	}

	it('leaves a sound file, every entry that was told stored, and none that is half or wrong', async () => {
		const lanes = [0, 1].map(async (lane) => {
			for (let run = lane; run < KILLS; run += 2) await killOne(run);
		});
		await Promise.all(lanes);
		const { db, setAsidePath } = openDatabase(path, CACHE_SCHEMA, 0);
		const store = cacheOf(db);
		expect(setAsidePath).toBeUndefined();
		expect(db.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
		let [lost, wrong, stored] = [0, 0, 0];
		for (let run = 0; run < KILLS; run++) {
			const commands = Array.from({ length: told[run]! }, (_, index) => storedByRun(run, index));
			const { rows } = await store.lookup(commands);
			rows.forEach((row, index) => {
				stored += 1;
				if (!row.found) lost += 1;
				else if (decodeEntry(row.packed, []).response !== textOfRun(run, index)) wrong += 1;
			});
		}
		expect({ lost, wrong }).toEqual({ lost: 0, wrong: 0 });
		expect(stored).toBeGreaterThan(KILLS);
		for await (const { packed } of store.entries()) decodeEntry(packed, []);
		const totals = db.prepare('SELECT entries, bytes FROM cache_totals').get();
		const real = db
			.prepare('SELECT count(*) AS entries, sum(size) AS bytes FROM cache_entries')
			.get();
		expect(totals).toEqual(real);
		db.close();
	}, 120_000);
});

describe('SQLite on a full disk', () => {
	const folder = newFolder();
	const disk = join(folder, 'disk');
	let mounted = false;
	beforeAll(() => {
		mkdirSync(disk);
		mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', disk]).status === 0;
		if (!mounted)
			console.warn('No tmpfs can be mounted here: max_page_count stands for the full disk');
	});
	afterAll(() => {
		if (mounted) spawnSync('umount', [disk]);
		rmSync(folder, { recursive: true, force: true });
	});

	it('skips stores with a hint, serves what is there, and goes on when there is room again', async () => {
		const filler = join(disk, 'filler');
		if (mounted) writeFileSync(filler, Buffer.alloc(2 ** 19));
		const { db } = openDatabase(join(disk, 'cache.sqlite'), CACHE_SCHEMA, 0);
		if (!mounted) db.exec('PRAGMA max_page_count = 400');
		const engine = engineOver(cacheOf(db));
		const stored: boolean[] = [];
		let reasons = '';
		for (let index = 0; index < 400; index++) {
			const text = `answer ${index} ${'x'.repeat(10_000)}`;
			const one = await engine.answer(asked(`question ${index}`), text, undefined, {
				compressAboveBytes: 1e9,
			});
			stored.push(one.stored);
			if (!one.stored) reasons = one.reasons.join();
		}
		expect(reasons).toMatch(/disk.*full.*free some space or lower the cache limits/is);
		expect(stored.filter((one) => !one).length).toBeGreaterThan(10);
		const kept = stored.filter(Boolean).length;
		// No write is left: neither a lease nor a counter. Hits and misses of one batch come all the same.
		if (mounted) fillUp(filler);
		expect(await audit(engine, 400)).toEqual({ hits: kept, wrong: 0 });
		const mixed = await engine.lookup([asked('question 0'), asked('never asked')]);
		expect(mixed.map(({ status }) => status)).toEqual(['hit', 'miss']);
		expect(await audit(engine, 400)).toEqual({ hits: kept, wrong: 0 });
		if (mounted) {
			rmSync(filler);
		} else db.exec('PRAGMA max_page_count = 100000');
		await engine.store.run(
			(live) => live.invalidate('default', { by: 'key', key: asked('question 0').key }),
			1_000,
		);
		expect(await engine.answer(asked('question 0'), 'answer 0 again')).toMatchObject({
			stored: true,
		});
		engine.close();
		db.close();
	});

	function fillUp(file: string): void {
		for (let size = 2 ** 21; size >= 512; size = size / 2) {
			spawnSync('dd', [
				'if=/dev/zero',
				`of=${file}`,
				'oflag=append',
				'conv=notrunc',
				`bs=${size}`,
				'count=1',
			]);
		}
	}
});

describe('SQLite that may only be read', () => {
	let folder: string;
	beforeEach(() => {
		folder = newFolder();
	});
	afterEach(() => rmSync(folder, { recursive: true, force: true }));

	it('serves its hits, and skips stores with a hint', async () => {
		const { db } = openDatabase(join(folder, 'cache.sqlite'), CACHE_SCHEMA, 0);
		const engine = engineOver(cacheOf(db));
		for (let index = 0; index < 50; index++) {
			await engine.answer(asked(`question ${index}`), `answer ${index} .`);
		}
		db.exec('PRAGMA query_only = ON');
		for (let round = 0; round < 5; round++) {
			expect(await audit(engine, 50)).toEqual({ hits: 50, wrong: 0 });
			const mixed = await engine.lookup([asked('question 3'), asked(`new ${round}`)]);
			expect(mixed.map(({ status }) => status)).toEqual(['hit', 'miss']);
			const refused = await engine.answer(asked(`new ${round}`), 'x');
			expect(refused).toMatchObject({
				stored: false,
				reasons: [/read-only: give n8n write access/],
			});
		}
		engine.close();
		db.close();
	});

	it('goes on serving hits while many at once ask for stale entries that nobody can refresh', async () => {
		const { db } = openDatabase(join(folder, 'cache.sqlite'), CACHE_SCHEMA, 0);
		const engine = engineOver(cacheOf(db));
		const stale = Array.from({ length: 10 }, (_, index) =>
			asked(`stale ${index}`, 'stale-while-revalidate=60'),
		);
		for (const request of stale) await engine.answer(request, 'old', undefined, { ttlMs: 1 });
		await engine.answer(asked('question 0'), 'answer 0 .');
		await new Promise((resolve) => setTimeout(resolve, 10));
		db.exec('PRAGMA query_only = ON');
		const outcomes = await Promise.all(stale.map((request) => engine.ask(request)));
		expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(['stale']));
		expect(await audit(engine, 1)).toEqual({ hits: 1, wrong: 0 });
		engine.close();
		db.close();
	});

	it('serves its hits from a file system that was mounted read-only, or is unavailable with a hint, and is not set aside', async () => {
		const [files, mount] = [join(folder, 'files'), join(folder, 'mount')];
		mkdirSync(mount);
		const path = join(files, 'cache.sqlite');
		const { db } = openDatabase(path, CACHE_SCHEMA, 0);
		const engine = engineOver(cacheOf(db));
		await engine.answer(asked('question'), 'answer');
		const run = (...words: string[]) => spawnSync('mount', words).status === 0;
		if (!run('--bind', files, mount)) {
			console.warn('Nothing can be mounted here: the read-only file system is not tested');
			return;
		}
		try {
			expect(run('-o', 'remount,ro,bind', mount)).toBe(true);
			const open = () => openDatabase(join(mount, 'cache.sqlite'), CACHE_SCHEMA, 0);
			const there = open().db;
			const reader = engineOver(cacheOf(there));
			expect(await reader.ask(asked('question'))).toMatchObject({ status: 'hit' });
			expect(await reader.answer(asked('new'), 'x')).toMatchObject({ stored: false });
			reader.close();
			there.close();
			rmSync(`${path}.lock`);
			expect(open).toThrow(StoreUnavailable);
			expect(open).toThrow(/cannot be opened/);
			expect(readdirSync(files).filter((name) => name.includes('.damaged'))).toEqual([]);
			expect(await audit(engine, 1)).toEqual({ hits: 0, wrong: 0 });
			expect((await engine.lookup([asked('question')]))[0]).toMatchObject({ status: 'hit' });
		} finally {
			engine.close();
			db.close();
			// SQLite closes a file of its process only when nobody has locks on it any more.
			spawnSync('umount', [mount]);
		}
	});

	it('is unavailable with a hint where the folder cannot be written at all', () => {
		writeFileSync(join(folder, 'file'), '');
		const open = () => openDatabase(join(folder, 'file', 'cache.sqlite'), CACHE_SCHEMA, 0);
		expect(open).toThrow(StoreUnavailable);
		expect(open).toThrow(/cannot be opened/);
	});
});
