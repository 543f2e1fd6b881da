import { spawn, spawnSync } from 'node:child_process';
import {
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { decodeEntry } from '../../nodes/shared/core/entry/envelope';
import { StoreUnavailable } from '../../nodes/shared/core/errors';
import { CACHE_SCHEMA } from '../../nodes/shared/drivers/sqlite/cacheSchema';
import { sqliteCacheStore } from '../../nodes/shared/drivers/sqlite/cacheStore';
import { openDatabase } from '../../nodes/shared/drivers/sqlite/openDatabase';
import { VECTOR_SCHEMA } from '../../nodes/shared/drivers/sqlite/vectorSchema';
import { systemClock } from '../../nodes/shared/drivers/systemClock';
import type { CacheStore } from '../../nodes/shared/ports/CacheStore';
import { isHit } from '../../nodes/shared/services/lookup';
import { compileInto } from '../support/compiled';
import { asked, engineOver, type Engine } from '../support/engine';
import { runProcess } from '../support/processes';
import { storedByRun, textOfRun } from '../support/storedByRun';

const LIMITS = { maxBytes: 1e9, maxEntries: 1e6 };
const cacheOf = (db: DatabaseSync): CacheStore => sqliteCacheStore(db, systemClock, LIMITS);
const newFolder = () => mkdtempSync(join(tmpdir(), 'prompt-cache-'));

/** What a lookup gives for entries that were stored as `answer N`: how many are there, and how many are wrong. */
async function audit(engine: Engine, count: number): Promise<{ hits: number; wrong: number }> {
	const requests = Array.from({ length: count }, (_, index) => asked(`question ${index}`));
	const outcomes = await engine.lookup(requests, { coalesce: false });
	const answers = outcomes.map((outcome, index) =>
		isHit(outcome) ? String(outcome.entry.response).startsWith(`answer ${index} `) : undefined,
	);
	return {
		hits: answers.filter((right) => right !== undefined).length,
		wrong: answers.filter((right) => right === false).length,
	};
}

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

describe('opening a SQLite file', () => {
	let folder: string;
	let path: string;
	const opened: DatabaseSync[] = [];
	const open = (schema = CACHE_SCHEMA): DatabaseSync => {
		const { db } = openDatabase(path, schema, 0);
		opened.push(db);
		return db;
	};
	beforeEach(() => {
		folder = newFolder();
		path = join(folder, 'cache.sqlite');
	});
	afterEach(() => {
		for (const db of opened.splice(0)) db.close();
		rmSync(folder, { recursive: true, force: true });
	});

	it('needs no write where all is there: another process may be writing for as long as it likes', () => {
		open().exec('BEGIN IMMEDIATE');
		expect(open().prepare('SELECT entries FROM cache_totals').all()).toEqual([{ entries: 0 }]);
	});

	it('makes the tables that the one who began it had no need of', async () => {
		open(VECTOR_SCHEMA);
		const engine = engineOver(cacheOf(open()));
		expect(await engine.answer(asked('question'), 'answer')).toMatchObject({ stored: true });
		expect(open().prepare('SELECT entries FROM cache_totals').all()).toEqual([{ entries: 1 }]);
		engine.close();
	});

	it('waits for one who is opening it, perhaps to set it aside, but not without end and not each time', () => {
		open();
		const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
		const other = new DatabaseSync(`${path}.lock`);
		other.exec('BEGIN EXCLUSIVE');
		expect(() => open()).toThrow(StoreUnavailable);
		const since = performance.now();
		expect(() => open()).toThrow(/locked/);
		expect(performance.now() - since).toBeLessThan(1_000);
		other.close();
		expect(open().isOpen).toBe(true);
	});
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

describe('a damaged SQLite file', () => {
	let folder: string;
	let path: string;
	beforeEach(() => {
		folder = newFolder();
		path = join(folder, 'cache.sqlite');
	});
	afterEach(() => rmSync(folder, { recursive: true, force: true }));

	async function fill(): Promise<void> {
		const { db } = openDatabase(path, CACHE_SCHEMA, 0);
		const engine = engineOver(cacheOf(db));
		for (let index = 0; index < 300; index++) {
			await engine.answer(asked(`question ${index}`), `answer ${index} ${'x'.repeat(2_000)}`);
		}
		engine.close();
		db.close();
	}

	it('is set aside at the start, with its content, and a new one begun', async () => {
		await fill();
		writeFileSync(path, Buffer.from('this is no database'.repeat(1_000)));
		const { db, setAsidePath } = openDatabase(path, CACHE_SCHEMA, 123);
		expect(setAsidePath).toBe(`${path}.damaged-123`);
		expect(readFileSync(setAsidePath!, 'utf8')).toMatch(/^this is no database/);
		const engine = engineOver(cacheOf(db));
		expect(await audit(engine, 300)).toEqual({ hits: 0, wrong: 0 });
		expect(await engine.answer(asked('question 1'), 'answer 1 .')).toMatchObject({ stored: true });
		engine.close();
		db.close();
	});

	it('of another version is set aside, and a file in order is opened again as it is', async () => {
		const old = new (process.getBuiltinModule('node:sqlite').DatabaseSync)(path);
		old.exec('CREATE TABLE observations (id INTEGER PRIMARY KEY); PRAGMA user_version = 99');
		old.close();
		const first = openDatabase(path, CACHE_SCHEMA, 7);
		expect(first.setAsidePath).toBe(`${path}.version-7`);
		first.db.close();
		const again = openDatabase(path, CACHE_SCHEMA, 8);
		expect(again.setAsidePath).toBeUndefined();
		again.db.close();
	});

	it('with bad pages in its middle gives no wrong answer, and is set aside at the next start', async () => {
		await fill();
		const bytes = readFileSync(path);
		// Every other page but the first ones, where the tables are described.
		for (let at = 40 * 4096; at < bytes.length; at += 2 * 4096) bytes.fill(0x5a, at, at + 4096);
		writeFileSync(path, bytes);
		const { db } = openDatabase(path, CACHE_SCHEMA, 0);
		const store = cacheOf(db);
		let [wrong, unavailable] = [0, 0];
		for (let index = 0; index < 300; index++) {
			const engine = engineOver(store);
			try {
				wrong += (await audit(engine, index + 1)).wrong;
			} catch (error) {
				if (!(error instanceof StoreUnavailable)) throw error;
				expect((error as StoreUnavailable).hint).toMatch(/damaged.*set aside/);
				unavailable += 1;
			}
			engine.close();
			if (unavailable > 3) break;
		}
		expect(wrong).toBe(0);
		expect(unavailable).toBeGreaterThan(0);
		db.close();
		const reopened = openDatabase(path, CACHE_SCHEMA, 456);
		expect(reopened.setAsidePath).toBe(`${path}.damaged-456`);
		expect(existsSync(`${path}.damaged`)).toBe(false);
		expect(await audit(engineOver(cacheOf(reopened.db)), 300)).toEqual({ hits: 0, wrong: 0 });
		reopened.db.close();
		expect(openDatabase(path, CACHE_SCHEMA, 789).setAsidePath).toBeUndefined();
	});

	it('that is cut short under a running process ends no process, and gives no wrong answer', async () => {
		const seen = await runProcess<{ wrong: number; unavailable: number }>('cutShort.ts', { path });
		expect(seen.wrong).toBe(0);
		expect(seen.unavailable).toBeGreaterThan(0);
	});

	it('is not laid to the sound file that took its place', async () => {
		await fill();
		const { db } = openDatabase(path, CACHE_SCHEMA, 0);
		rmSync(path);
		for (const suffix of ['-wal', '-shm']) rmSync(path + suffix, { force: true });
		const sound = openDatabase(path, CACHE_SCHEMA, 0);
		expect(statSync(path).size).toBeGreaterThan(0);
		await cacheOf(db)
			.lookup([{ namespace: 'a', key: 'ab'.repeat(32), userHash: '00' }])
			.catch(() => 0);
		db.close();
		sound.db.close();
		expect(openDatabase(path, CACHE_SCHEMA, 1).setAsidePath).toBeUndefined();
		expect(readdirSync(folder).filter((name) => name.includes('damaged'))).toEqual([]);
	});
});
