import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { StoreUnavailable } from '../../nodes/shared/core/errors';
import { CACHE_SCHEMA } from '../../nodes/shared/drivers/sqlite/cacheSchema';
import { sqliteCacheStore } from '../../nodes/shared/drivers/sqlite/cacheStore';
import { openDatabase } from '../../nodes/shared/drivers/sqlite/openDatabase';
import { damageMark } from '../../nodes/shared/drivers/sqlite/openedFile';
import { systemClock } from '../../nodes/shared/drivers/systemClock';
import { closeConnections, embeddedConnection } from '../../nodes/shared/n8n/connections';
import type { CacheStore } from '../../nodes/shared/ports/CacheStore';
import { ownFolder } from '../support/ownFolder';
import { storedByRun } from '../support/storedByRun';

describe('the cache file of a running n8n', () => {
	let folder: string;
	let path: string;
	beforeEach(() => {
		folder = ownFolder('file');
		path = join(folder, 'cache.sqlite');
	});

	const run = <T>(work: (live: CacheStore) => Promise<T>): Promise<T> =>
		embeddedConnection(folder).store.run(work, 2_000);
	const put = (index: number) => run((live) => live.store([storedByRun(1, index)]));
	const isThere = async (index: number): Promise<boolean> =>
		(await run((live) => live.lookup([storedByRun(1, index)]))).rows[0]!.found;
	/** Whether the file has changed is looked at once a second. */
	const untilLookedAt = () => new Promise((resolve) => setTimeout(resolve, 1_100));

	/** What another process does that met damage in the file. */
	function elsewhere() {
		const { db, setAsidePath } = openDatabase(path, CACHE_SCHEMA, 7);
		const store = sqliteCacheStore(db, systemClock, { maxBytes: 1e9, maxEntries: 1e6 });
		return { db, store, setAsidePath };
	}

	it('is left for the new one when another process sets it aside, and nothing of either is lost', async () => {
		await put(0);
		writeFileSync(damageMark(path), '');
		const other = elsewhere();
		expect(other.setAsidePath).toBe(`${path}.damaged-7`);
		await other.store.store([storedByRun(1, 1)]);
		await untilLookedAt();
		const failing = isThere(0);
		await expect(failing).rejects.toBeInstanceOf(StoreUnavailable);
		await expect(failing).rejects.toThrow(/moved/);
		expect(await Promise.all([0, 1].map(isThere))).toEqual([false, true]);
		await put(2);
		const { rows } = await other.store.lookup([1, 2].map((index) => storedByRun(1, index)));
		expect(rows.map(({ found }) => found)).toEqual([true, true]);
		other.db.close();
		closeConnections();
		expect(await Promise.all([1, 2].map(isThere))).toEqual([true, true]);
		const aside = openDatabase(other.setAsidePath!, CACHE_SCHEMA, 8).db;
		expect(aside.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
		expect(aside.prepare('SELECT entries FROM cache_totals').get()).toEqual({ entries: 1 });
		aside.close();
	});

	it('is begun anew where somebody deletes it', async () => {
		await put(0);
		for (const name of readdirSync(folder)) rmSync(join(folder, name));
		await untilLookedAt();
		await expect(put(1)).rejects.toThrow(/deleted/);
		await put(2);
		expect(await Promise.all([0, 1, 2].map(isThere))).toEqual([false, false, true]);
		expect(readdirSync(folder)).toContain('cache.sqlite');
	});

	it('is set aside by the call after the one that meets damage in it, without a restart', async () => {
		await run((live) => live.store(Array.from({ length: 800 }, (_, i) => storedByRun(1, i))));
		closeConnections();
		const bytes = readFileSync(path);
		for (let at = 40 * 4096; at < bytes.length; at += 2 * 4096) bytes.fill(0x5a, at, at + 4096);
		writeFileSync(path, bytes);
		let failed: unknown;
		for (let index = 0; index < 800 && !failed; index++) {
			failed = await isThere(index).then(
				() => undefined,
				(error: unknown) => error,
			);
		}
		expect(failed).toMatchObject({ hint: expect.stringMatching(/damaged.*next call/) });
		expect(await put(0)).toMatchObject([{ stored: true }]);
		expect(embeddedConnection(folder).notice).toMatch(/was set aside as .*\.damaged-/);
		expect(await isThere(0)).toBe(true);
	});

	it('is begun anew after a few calls where it was cut short in place', async () => {
		const long = Array.from({ length: 200 }, (_, index) => ({
			...storedByRun(1, index),
			packed: randomBytes(20_000),
		}));
		await run((live) => live.store(long));
		closeConnections();
		expect(await isThere(0)).toBe(true);
		truncateSync(path, 100 * 4096);
		let failed = 0;
		for (const one of long) {
			failed += await run((live) => live.lookup([one])).then(
				() => 0,
				() => 1,
			);
		}
		expect(failed).toBeGreaterThan(0);
		expect(failed).toBeLessThan(5);
		expect(await put(900)).toMatchObject([{ stored: true }]);
		expect(await isThere(900)).toBe(true);
	});
});
