import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeEntry, encodeEntry } from '../../../nodes/shared/core/entry/envelope';
import { ConfigError, StoreUnavailable } from '../../../nodes/shared/core/errors';
import type { CacheStore } from '../../../nodes/shared/ports/CacheStore';
import { guardStore } from '../../../nodes/shared/services/circuitBreaker';
import { exportLines, importLines, toLine } from '../../../nodes/shared/services/transfer';
import { startRedisBackend, startSqlite, type BackendUnderTest } from '../../contract/backends';
import { asked, engineOver } from '../../support/engine';

const PLAIN = { compressAboveBytes: 4096, encryptionKeys: [] };

describe('export and import', () => {
	let sqlite: BackendUnderTest;
	let redis: BackendUnderTest;
	let lines: string[];
	beforeAll(async () => {
		[sqlite, redis] = [await startSqlite(), await startRedisBackend()];
		const engine = engineOver(sqlite.store);
		for (let index = 0; index < 450; index++) {
			await engine.answer(asked(`question ${index}`), `answer ${index}`, undefined, {
				tags: ['exported'],
				keyVersion: 'v1',
			});
		}
		engine.close();
		lines = await exported(sqlite.store);
	});
	afterAll(async () => {
		await sqlite.close();
		await redis.close();
	});

	async function exported(store: CacheStore, laterMs = 0): Promise<string[]> {
		const all = [];
		for await (const entry of store.entries()) {
			all.push(toLine({ ...entry, ageMs: entry.ageMs + laterMs }));
		}
		return all;
	}

	it('comes in parts, each beginning where the one before ended', async () => {
		const store = guardStore(sqlite.store);
		const deps = { store };
		const sizes: number[] = [];
		const keys = new Set<string>();
		for (let from: string | null | undefined; from !== null;) {
			const part = await exportLines({ from, mostEntries: 200 }, deps, 10_000);
			for (const line of part.lines) keys.add((JSON.parse(line) as { key: string }).key);
			sizes.push(part.lines.length);
			from = part.next;
		}
		expect(sizes).toEqual([200, 200, 50]);
		expect(keys.size).toBe(450);
		store.close();
	});

	it('that breaks off keeps what came before, and says where to go on', async () => {
		async function* breaking(namespace?: string, from?: string) {
			let left = from === undefined ? 120 : Infinity;
			for await (const entry of sqlite.store.entries(namespace, from)) {
				if (left-- === 0) throw new StoreUnavailable('the disk is gone');
				yield entry;
			}
		}
		const store = guardStore({ ...sqlite.store, entries: breaking });
		const deps = { store };
		const first = await exportLines({ mostEntries: 1_000 }, deps, 10_000);
		expect(first).toMatchObject({ interrupted: 'the disk is gone' });
		expect(first.lines).toHaveLength(120);
		const rest = await exportLines({ from: first.next!, mostEntries: 1_000 }, deps, 10_000);
		expect(rest).toMatchObject({ next: null });
		const key = (line: string) => (JSON.parse(line) as { key: string }).key;
		expect(new Set([...first.lines, ...rest.lines].map(key)).size).toBe(450);
		store.close();
	});

	it('carries every entry from SQLite to Redis and back, with tags and versions', async () => {
		expect(lines).toHaveLength(450);
		const there = guardStore(redis.store);
		expect(await importLines(lines, 0, there, PLAIN)).toEqual({
			imported: 450,
			skipped: 0,
			lines: 450,
		});
		const engine = engineOver(redis.store);
		expect(await engine.ask(asked('question 7'))).toMatchObject({
			entry: { response: 'answer 7' },
		});
		const back = await exported(redis.store);
		const keys = (all: string[]) => all.map((line) => JSON.parse(line).key as string).sort();
		expect(keys(back)).toEqual(keys(lines));
		const target = { by: 'tag', tag: 't:exported' } as const;
		expect(await redis.store.invalidate('default', target)).toEqual({ invalidated: 450 });
		expect(await engine.ask(asked('question 7'), { coalesce: false })).toMatchObject({
			status: 'miss',
		});
		engine.close();
		there.close();
	});

	it('makes nothing young: age and lifetime go on where they were', async () => {
		const target = await startSqlite();
		const halfAnHourLater = (await exported(sqlite.store, 30_000)).slice(0, 1);
		const guarded = guardStore(target.store);
		await importLines(halfAnHourLater, 0, guarded, PLAIN);
		const engine = engineOver(target.store);
		const { key } = JSON.parse(halfAnHourLater[0]!) as { key: string };
		const request = { ...asked('x'), key };
		const outcome = await engine.ask(request);
		expect(outcome).toMatchObject({ status: 'hit' });
		expect((outcome as { ageMs: number }).ageMs).toBeGreaterThanOrEqual(30_000);
		const young = { ...asked('x', 'max-age=20'), key };
		expect(await engine.ask(young, { coalesce: false })).toMatchObject({ status: 'miss' });
		engine.close();
		guarded.close();
		await target.close();
	});

	it('ends an imported answer with those that are older than asked, by its real age', async () => {
		const target = await startSqlite();
		const guarded = guardStore(target.store);
		const [line] = await exported(sqlite.store, 30_000);
		await importLines([line!], 0, guarded, PLAIN);
		const { key } = JSON.parse(line!) as { key: string };
		const engine = engineOver(target.store);
		const request = { ...asked('x'), key };
		expect(await engine.ask(request)).toMatchObject({ status: 'hit' });
		await target.store.invalidate('default', { by: 'age', olderThanMs: 20_000 });
		expect(await engine.ask(request, { coalesce: false })).toMatchObject({ status: 'miss' });
		engine.close();
		guarded.close();
		await target.close();
	});

	it('knows the age that an earlier import left inside an answer', async () => {
		const target = await startSqlite();
		const guarded = guardStore(target.store);
		const line = (await exported(sqlite.store, 1_000))[0]!;
		const fields = JSON.parse(line) as { key: string; packed: string };
		const entry = decodeEntry(Buffer.from(fields.packed, 'base64'), []);
		const meta = { ...entry.meta, ageMs: 30_000 };
		const packed = encodeEntry({ ...entry, meta }, PLAIN).toString('base64');
		await importLines([JSON.stringify({ ...fields, packed })], 0, guarded, PLAIN);
		const engine = engineOver(target.store);
		const { ageMs } = (await engine.ask({ ...asked('x'), key: fields.key })) as { ageMs: number };
		expect(ageMs).toBeGreaterThanOrEqual(31_000);
		expect(ageMs).toBeLessThan(60_000);
		engine.close();
		guarded.close();
		await target.close();
	});

	it('leaves out what has outlived its grace period, and what cannot be read here', async () => {
		const target = await startSqlite();
		const guarded = guardStore(target.store);
		const old = (await exported(sqlite.store, 10 * 86_400_000)).slice(0, 3);
		const engine = engineOver(sqlite.store);
		const secret = [randomBytes(32)];
		await engine.answer(asked('secret'), 'x', undefined, { encryptionKeys: secret });
		const all = await exported(sqlite.store);
		const report = await importLines([...old, ...all], 0, guarded, PLAIN);
		expect(report).toEqual({ imported: 450, skipped: 4, lines: 454 });
		const key = asked('secret').key;
		await sqlite.store.invalidate('default', { by: 'key', key });
		engine.close();
		guarded.close();
		await target.close();
	});

	it('breaks with the number of lines that are done, and goes on from there', async () => {
		const target = await startSqlite();
		let stores = 0;
		const breaking: CacheStore = {
			...target.store,
			store: async (commands) => {
				if (++stores === 2) throw new StoreUnavailable('gone', 'Start it.');
				return target.store.store(commands);
			},
		};
		const failed = await importLines(lines, 0, guardStore(breaking), PLAIN).catch(
			(e: unknown) => e,
		);
		expect(failed).toMatchObject({
			message: 'gone (200 lines are done)',
			hint: 'Start it. Import again with "Skip Lines" set to 200.',
		});
		expect(await importLines(lines, 200, guardStore(breaking), PLAIN)).toEqual({
			imported: 250,
			skipped: 0,
			lines: 450,
		});
		expect(await exported(target.store)).toHaveLength(450);
		await target.close();
	});

	it.each([
		'not json',
		'{}',
		'{"format":2,"namespace":"a"}',
		'{"format":1,"namespace":"a","key":"xyz","ageMs":1,"keepMs":2,"tags":[],"packed":""}',
		'null',
	])('names the line that is none: %s', async (line) => {
		const failed = importLines([lines[0]!, '', line], 0, guardStore(sqlite.store), PLAIN);
		await expect(failed).rejects.toBeInstanceOf(ConfigError);
		await expect(failed).rejects.toThrow('Line 2 is not a line of a cache export');
	});
});
