import {
	existsSync,
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
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { StoreUnavailable } from '../../nodes/shared/core/errors';
import { CACHE_SCHEMA } from '../../nodes/shared/drivers/sqlite/cacheSchema';
import { sqliteCacheStore } from '../../nodes/shared/drivers/sqlite/cacheStore';
import { openDatabase } from '../../nodes/shared/drivers/sqlite/openDatabase';
import { VECTOR_SCHEMA } from '../../nodes/shared/drivers/sqlite/vectorSchema';
import { systemClock } from '../../nodes/shared/drivers/systemClock';
import type { CacheStore } from '../../nodes/shared/ports/CacheStore';
import { audit } from '../support/audit';
import { asked, engineOver } from '../support/engine';
import { runProcess } from '../support/processes';

const LIMITS = { maxBytes: 1e9, maxEntries: 1e6 };
const cacheOf = (db: DatabaseSync): CacheStore => sqliteCacheStore(db, systemClock, LIMITS);
const newFolder = () => mkdtempSync(join(tmpdir(), 'prompt-cache-'));

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
