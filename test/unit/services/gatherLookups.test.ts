import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeEntry, encodeEntry } from '../../../nodes/shared/core/entry/envelope';
import { CorruptEntry, StoreUnavailable } from '../../../nodes/shared/core/errors';
import type { CacheStore, LookupQuery } from '../../../nodes/shared/ports/CacheStore';
import { guardStore } from '../../../nodes/shared/services/circuitBreaker';
import { decodeOnce } from '../../../nodes/shared/services/decodeOnce';
import { gatherLookups } from '../../../nodes/shared/services/gatherLookups';
import { startSqlite, type BackendUnderTest } from '../../contract/backends';

const hex = () => randomBytes(32).toString('hex');
const query = (key: string): LookupQuery => ({ namespace: 'a', key, userHash: key.slice(0, 16) });

describe('lookups of one moment', () => {
	let backend: BackendUnderTest;
	const batches: number[] = [];
	let counting: CacheStore;
	beforeAll(async () => {
		backend = await startSqlite();
		counting = {
			...backend.store,
			lookup: (queries) => {
				batches.push(queries.length);
				return backend.store.lookup(queries);
			},
		};
	});
	afterAll(() => backend.close());

	it('go to the backend together, and each gets its own answer', async () => {
		const store = gatherLookups(guardStore(counting));
		const [there, missing] = [hex(), hex()];
		const packed = Buffer.from('an answer');
		const more = { tags: [], keyVersion: '', keepMs: 60_000, userHash: '', components: {} };
		await backend.store.store([{ namespace: 'a', key: there, packed, ...more }]);
		batches.length = 0;
		const asked = [there, missing, there].map((key) =>
			store.run((live) => live.lookup([query(key)]), 1_000),
		);
		const rows = (await Promise.all(asked)).map((reply) => reply.rows);
		expect(rows.map(([row]) => row?.found)).toEqual([true, false, true]);
		expect(rows.every((row) => row.length === 1)).toBe(true);
		expect(batches).toEqual([3]);
	});

	it('of another namespace are not failed by the trouble of one', async () => {
		const partly: CacheStore = {
			...counting,
			lookup: (queries) =>
				queries.some(({ namespace }) => namespace === 'b')
					? Promise.reject(new StoreUnavailable('this part is down'))
					: backend.store.lookup(queries),
		};
		const store = gatherLookups(guardStore(partly));
		const ask = (namespace: string) =>
			store.run((live) => live.lookup([{ ...query(hex()), namespace }]), 1_000);
		const ends = await Promise.allSettled([ask('a'), ask('b'), ask('b'), ask('b'), ask('b')]);
		expect(ends.map(({ status }) => status)).toEqual([
			'fulfilled',
			...new Array(4).fill('rejected'),
		]);
		// Four callers, one failure: the breaker is closed still.
		expect((await ask('a')).rows[0]?.found).toBe(false);
	});

	it('all fail where the backend does', async () => {
		const failing = { ...counting, lookup: () => Promise.reject(new Error('gone')) };
		const store = gatherLookups(guardStore(failing));
		const asked = [hex(), hex()].map((key) =>
			store.run((live) => live.lookup([query(key)]), 1_000),
		);
		const ends = await Promise.allSettled(asked);
		expect(ends.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
	});
});

describe('an entry that is asked for often', () => {
	const entry = {
		meta: { ttlMs: 1, graceMs: 1, model: null, latencyMs: null },
		response: { answer: 'x' },
	};
	const keys = [randomBytes(32)];

	it('is unpacked once, and anew where its bytes differ', () => {
		const packed = encodeEntry(entry, { compressAboveBytes: 4096, encryptionKeys: [] });
		const none: Buffer[] = [];
		expect(decodeOnce(packed, none)).toEqual(decodeEntry(packed, none));
		expect(decodeOnce(Buffer.from(packed), none)).toBe(decodeOnce(packed, none));
		const damaged = Buffer.from(packed);
		damaged[damaged.length - 3]! ^= 1;
		expect(() => decodeOnce(damaged, none)).toThrow(CorruptEntry);
	});

	it('is not shown to who lacks its key', () => {
		const packed = encodeEntry(entry, { compressAboveBytes: 4096, encryptionKeys: keys });
		expect(decodeOnce(packed, keys)).toEqual(entry);
		expect(() => decodeOnce(packed, [])).toThrow(CorruptEntry);
	});
});
