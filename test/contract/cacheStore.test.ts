import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { modelTag, userTag } from '../../nodes/shared/core/freshness/invalidation';
import type { CacheStore, LookupQuery, StoreCommand } from '../../nodes/shared/ports/CacheStore';
import { allBackends, type BackendUnderTest, type StartBackend } from './backends';

const backends = allBackends();
const here = backends.flatMap((one) =>
	'start' in one ? [[one.name, one.start] as [string, StartBackend]] : [],
);
for (const one of backends) {
	if ('missing' in one) console.warn(`The cache on ${one.name} is not tested: ${one.missing}`);
}

const hex = (): string => (randomUUID() + randomUUID()).replaceAll('-', '');

function command(over: Partial<StoreCommand> = {}): StoreCommand {
	return {
		namespace: 'default',
		key: hex(),
		packed: Buffer.from([1, 2, 0, 255]),
		tags: [],
		keyVersion: '',
		keepMs: 60_000,
		userHash: hex().slice(0, 16),
		components: {},
		...over,
	};
}

const query = ({ namespace, key, userHash }: StoreCommand, token?: string): LookupQuery => ({
	namespace,
	key,
	userHash,
	lease: token ? { token, ttlMs: 60_000 } : undefined,
});

describe.each(here)('the cache on %s', (_name, start) => {
	let backend: BackendUnderTest;
	let store: CacheStore;
	beforeAll(async () => {
		backend = await start();
		store = backend.store;
	});
	afterAll(() => backend.close());

	const found = async (one: StoreCommand): Promise<boolean> =>
		(await store.lookup([query(one)])).rows[0]!.found;
	/** Stores it, and says when. */
	const storedAt = async (one: StoreCommand): Promise<number> => {
		const [reply] = await store.store([one]);
		if (!reply?.stored) throw new Error('it was not stored');
		return reply.storedAtMs;
	};

	it('gives back the bytes that were stored, with the time of storing on its own clock', async () => {
		const one = command({ packed: Buffer.from('naïve \u0000 bytes') });
		const [stored] = await store.store([one]);
		const { rows, nowMs } = await store.lookup([query(one)]);
		expect(rows[0]).toMatchObject({ found: true });
		const row = rows[0] as { packed: Uint8Array; storedAtMs: number };
		expect(Buffer.from(row.packed)).toEqual(one.packed);
		expect(stored).toEqual({ stored: true, storedAtMs: row.storedAtMs });
		expect(nowMs).toBeGreaterThanOrEqual(row.storedAtMs);
	});

	it('answers a batch in the order of its queries, hits and misses mixed', async () => {
		const known = [command(), command(), command({ namespace: 'other' })];
		await store.store(known);
		const asked = [known[2]!, command(), known[0]!, known[1]!, command({ namespace: 'other' })];
		const { rows } = await store.lookup(asked.map((one) => query(one)));
		expect(rows.map((row) => row.found)).toEqual([true, false, true, true, false]);
	});

	it('answers a batch of 1,000, more than one call to the server takes', async () => {
		const many = Array.from({ length: 1_000 }, (_, i) =>
			command({ packed: Buffer.from(String(i)) }),
		);
		await store.store(many);
		const { rows } = await store.lookup(many.map((one) => query(one)));
		const bytes = rows.map((row) => (row.found ? Buffer.from(row.packed).toString() : 'miss'));
		expect(bytes).toEqual(many.map((_, i) => String(i)));
	});

	it('is shared with other processes', async () => {
		const one = command();
		await backend.reopen().store([one]);
		expect(await found(one)).toBe(true);
	});

	it('forgets an entry when lifetime and grace period are over', async () => {
		const one = command({ keepMs: 40 });
		await store.store([one]);
		for (let tries = 0; tries < 200 && (await found(one)); tries++) {
			await new Promise((resolve) => setTimeout(resolve, 10));
		}
		expect(await found(one)).toBe(false);
	});

	it('does not let a lifetime slide: a hit prolongs nothing', async () => {
		const one = command({ keepMs: 400 });
		await store.store([one]);
		for (let asked = 0; asked < 60 && (await found(one)); asked++) {
			await new Promise((resolve) => setTimeout(resolve, 25));
		}
		expect(await found(one)).toBe(false);
	});

	it('keeps two namespaces apart, even under the same key', async () => {
		const one = command({ namespace: 'tenant a', packed: Buffer.from('a') });
		const other = { ...one, namespace: 'tenant b', packed: Buffer.from('b') };
		await store.store([one]);
		expect(await found(other)).toBe(false);
		await store.store([other]);
		const { rows } = await store.lookup([query(one), query(other)]);
		const bytes = rows.map((row) => (row.found ? Buffer.from(row.packed).toString() : 'miss'));
		expect(bytes).toEqual(['a', 'b']);
	});

	it('takes an entry of 1 MiB and one of a single byte', async () => {
		const [big, small] = [
			command({ packed: randomBytes(2 ** 20) }),
			command({ packed: Buffer.of(0) }),
		];
		await store.store([big, small]);
		const { rows } = await store.lookup([query(big), query(small)]);
		const same = [big, small].map(({ packed }, index) => {
			const row = rows[index]!;
			return row.found && packed.equals(row.packed);
		});
		expect(same).toEqual([true, true]);
	});

	it('replaces an entry that is stored again', async () => {
		const one = command();
		await store.store([one]);
		await store.store([{ ...one, packed: Buffer.from('second') }]);
		const { rows } = await store.lookup([query(one)]);
		expect(Buffer.from((rows[0] as { packed: Uint8Array }).packed).toString()).toBe('second');
	});

	describe('leases', () => {
		const lease = async (one: StoreCommand, token: string, from = store) => {
			const row = (await from.lookup([query(one, token)])).rows[0]!;
			return row.found ? 'found' : row.lease;
		};

		it('goes to one of two processes that miss the same key', async () => {
			const one = command();
			const other = backend.reopen();
			expect(await lease(one, 'first')).toBe('acquired');
			expect(await lease(one, 'second', other)).toBe('held');
			expect(await lease(one, 'first')).toBe('acquired');
		});

		it('ends when its holder stores the answer', async () => {
			const one = command();
			await lease(one, 'holder');
			await store.store([{ ...one, leaseToken: 'holder' }]);
			await store.invalidate('default', { by: 'key', key: one.key });
			expect(await lease(one, 'next')).toBe('acquired');
		});

		it('is not ended by somebody else who stores', async () => {
			const one = command();
			await lease(one, 'holder');
			await store.store([{ ...one, leaseToken: 'stranger' }]);
			await store.invalidate('default', { by: 'key', key: one.key });
			expect(await lease(one, 'next')).toBe('held');
		});

		it('given up without an answer, tells those who wait to go on', async () => {
			const one = command();
			await lease(one, 'holder');
			await store.releaseLeases([{ ...one, token: 'holder' }], 60_000);
			expect(await lease(one, 'next')).toBe('released');
		});

		it('given up without a mark, passes on to the next of those who wait', async () => {
			const one = command();
			await lease(one, 'holder');
			await store.releaseLeases([{ ...one, token: 'holder' }], 0);
			expect([await lease(one, 'next'), await lease(one, 'third')]).toEqual(['acquired', 'held']);
		});

		/** Asks until the lease is nobody else's. */
		const wait = async (one: StoreCommand, token: string) => {
			let state = await lease(one, token);
			for (let tries = 0; tries < 200 && state === 'held'; tries++) {
				await new Promise((resolve) => setTimeout(resolve, 10));
				state = await lease(one, token);
			}
			return state;
		};

		it('of a dead holder passes on when its time is over, to one heir, who is told so once', async () => {
			const one = command();
			await store.lookup([{ ...query(one), lease: { token: 'dead', ttlMs: 30 } }]);
			expect(await wait(one, 'heir')).toBe('inherited');
			expect([await lease(one, 'heir'), await lease(one, 'late')]).toEqual(['acquired', 'held']);
			await store.releaseLeases([{ ...one, token: 'heir' }], 0);
			expect(await lease(one, 'next')).toBe('acquired');
		});

		it('is not inherited from one who stored or gave up, however late', async () => {
			const [stored, released, marked] = [command(), command(), command()];
			for (const one of [stored, released, marked]) {
				await store.lookup([{ ...query(one), lease: { token: 'slow', ttlMs: 1 } }]);
			}
			await new Promise((resolve) => setTimeout(resolve, 20));
			await store.store([{ ...stored, leaseToken: 'slow' }]);
			await store.invalidate(stored.namespace, { by: 'key', key: stored.key });
			await store.releaseLeases([{ ...released, token: 'slow' }], 0);
			await store.releaseLeases([{ ...marked, token: 'slow' }], 1);
			await new Promise((resolve) => setTimeout(resolve, 20));
			for (const one of [stored, released, marked]) {
				expect(await lease(one, 'next')).toBe('acquired');
			}
		});

		it('of a dead refresher of an entry is inherited too', async () => {
			const one = command();
			const { namespace, key } = one;
			const ref = { namespace, key, storedAtMs: await storedAt(one) };
			await store.acquireLeases([{ ...ref, token: 'dead' }], 1);
			await new Promise((resolve) => setTimeout(resolve, 20));
			expect(await store.acquireLeases([{ ...ref, token: 'heir' }], 60_000)).toEqual(['inherited']);
		});

		it('lives on when its holder prolongs it, and only then', async () => {
			const one = command();
			const ref = { ...one, token: 'holder' };
			await store.lookup([{ ...query(one), lease: { token: 'holder', ttlMs: 150 } }]);
			await store.extendLeases([{ ...ref, token: 'stranger' }], 60_000);
			await store.extendLeases([ref], 60_000);
			await new Promise((resolve) => setTimeout(resolve, 200));
			expect(await lease(one, 'other')).toBe('held');
		});

		it('can be taken beside an entry, by one caller', async () => {
			const one = command();
			const storedAtMs = await storedAt(one);
			const ref = { namespace: one.namespace, key: one.key, storedAtMs };
			expect(await store.acquireLeases([{ ...ref, token: 'a' }], 60_000)).toEqual(['acquired']);
			const [taken, free] = [
				{ ...ref, token: 'b' },
				{ ...command(), token: 'b', storedAtMs },
			];
			expect(await store.acquireLeases([taken, free], 60_000)).toEqual(['held', 'acquired']);
			await store.releaseLeases([{ ...ref, token: 'a' }], 60_000);
			expect(await store.acquireLeases([taken], 60_000)).toEqual(['released']);
		});

		it('is not given for an entry that was stored anew since it was found', async () => {
			const one = command();
			const { namespace, key } = one;
			const seen = { namespace, key, token: 'late', storedAtMs: await storedAt(one) };
			await new Promise((resolve) => setTimeout(resolve, 5));
			const now = { ...seen, storedAtMs: await storedAt(one) };
			expect(await store.acquireLeases([seen], 60_000)).toEqual(['held']);
			expect(await store.acquireLeases([now], 60_000)).toEqual(['acquired']);
		});
	});

	describe('invalidation', () => {
		it('by key removes this entry only', async () => {
			const [one, other] = [command(), command()];
			await store.store([one, other]);
			expect(await store.invalidate('default', { by: 'key', key: one.key })).toEqual({
				invalidated: 1,
			});
			expect([await found(one), await found(other)]).toEqual([false, true]);
		});

		it('by tag ends every entry with the tag, in its namespace only', async () => {
			const tags = [userTag('price list'), userTag('2026')];
			const [one, other, untagged] = [
				command({ tags }),
				command({ tags, namespace: 'b' }),
				command(),
			];
			await store.store([one, other, untagged]);
			const answer = await store.invalidate('default', { by: 'tag', tag: userTag('price list') });
			expect(answer).toEqual({ invalidated: 1 });
			expect([await found(one), await found(other), await found(untagged)]).toEqual([
				false,
				true,
				true,
			]);
		});

		it('by tag lets later answers in', async () => {
			const one = command({ tags: [userTag('later')] });
			await store.store([one]);
			await store.invalidate('default', { by: 'tag', tag: userTag('later') });
			await store.store([one]);
			expect(await found(one)).toBe(true);
		});

		it('also ends an answer that was being computed while its tag was invalidated', async () => {
			const one = command({ tags: [userTag('race')] });
			const { epochs } = await store.lookup([query(one, 'leader')]);
			await store.invalidate('default', { by: 'tag', tag: userTag('race') });
			await store.store([{ ...one, epoch: epochs.get('default') }]);
			expect(await found(one)).toBe(false);
		});

		it('by model ends the answers of this model', async () => {
			const [small, large] = [
				command({ tags: [modelTag('small')] }),
				command({ tags: [modelTag('large')] }),
			];
			await store.store([small, large]);
			await store.invalidate('default', { by: 'tag', tag: modelTag('small') });
			expect([await found(small), await found(large)]).toEqual([false, true]);
		});

		it('by prefix of the key version ends old templates, and counts them', async () => {
			const namespace = hex();
			const versions = ['v2.1', 'v2.9', 'v3.0'].map((keyVersion) =>
				command({ keyVersion, namespace }),
			);
			await store.store(versions);
			const answer = await store.invalidate(namespace, { by: 'keyVersionPrefix', prefix: 'v2.' });
			expect(answer).toEqual({ invalidated: 2 });
			expect(await Promise.all(versions.map(found))).toEqual([false, false, true]);
		});

		it('by prefix can be asked for again and again, and only the last counts', async () => {
			const namespace = hex();
			const [one, other] = ['v1.a', 'v2.a'].map((keyVersion) => command({ keyVersion, namespace }));
			for (const prefix of ['v1.', 'v2.', 'v1.']) {
				await store.invalidate(namespace, { by: 'keyVersionPrefix', prefix });
			}
			await store.store([one!, other!]);
			expect([await found(one!), await found(other!)]).toEqual([true, true]);
			await store.invalidate(namespace, { by: 'keyVersionPrefix', prefix: 'v1.' });
			expect([await found(one!), await found(other!)]).toEqual([false, true]);
		});

		it('by age spares an answer that was asked for afterwards', async () => {
			const namespace = hex();
			await store.invalidate(namespace, { by: 'age', olderThanMs: -60_000 });
			const one = command({ namespace });
			await store.store([one]);
			expect(await found(one)).toBe(true);
		});

		it('by namespace ends all of it, and nothing of another', async () => {
			const namespace = hex();
			const [one, other] = [command({ namespace }), command()];
			await store.store([one, other, command({ namespace })]);
			expect(await store.invalidate(namespace, { by: 'namespace' })).toEqual({ invalidated: 2 });
			expect([await found(one), await found(other)]).toEqual([false, true]);
		});

		it('by age ends what is older', async () => {
			const namespace = hex();
			const old = command({ namespace });
			await store.store([old]);
			await new Promise((resolve) => setTimeout(resolve, 600));
			const young = command({ namespace });
			await store.store([young]);
			expect(await store.invalidate(namespace, { by: 'age', olderThanMs: 500 })).toEqual({
				invalidated: 1,
			});
			expect([await found(old), await found(young)]).toEqual([false, true]);
		});

		it.each([
			['key', (one: StoreCommand) => ({ by: 'key', key: one.key }) as const],
			['tag', () => ({ by: 'tag', tag: userTag('a') }) as const],
			['key version', () => ({ by: 'keyVersionPrefix', prefix: 'v1' }) as const],
			['namespace', () => ({ by: 'namespace' }) as const],
		])('by %s is seen by a process that has read the entry just before', async (_by, target) => {
			const namespace = hex();
			const other = backend.reopen();
			const one = command({ namespace, tags: [userTag('a')], keyVersion: 'v1.0' });
			const spared = command({ namespace, tags: [userTag('b')], keyVersion: 'v2.0' });
			await store.store([one, spared]);
			const seen = async () => {
				const { rows } = await other.lookup([query(one), query(spared)]);
				return rows.map((row) => row.found);
			};
			for (let round = 0; round < 3; round++) expect(await seen()).toEqual([true, true]);
			await store.invalidate(namespace, target(one));
			const left = target(one).by !== 'namespace';
			for (let round = 0; round < 3; round++) expect(await seen()).toEqual([false, left]);
			await store.store([one]);
			expect(await seen()).toEqual([true, left]);
		});

		it('is seen by other processes at their next lookup', async () => {
			const other = backend.reopen();
			const one = command({ tags: [userTag('shared')] });
			await store.store([one]);
			expect((await other.lookup([query(one)])).rows[0]!.found).toBe(true);
			await store.invalidate('default', { by: 'tag', tag: userTag('shared') });
			expect((await other.lookup([query(one)])).rows[0]!.found).toBe(false);
		});
	});

	it('remembers the components of the last request with the same user text', async () => {
		const one = command({ components: { temperature: '0.2' } });
		await store.store([one]);
		const other = { ...one, key: hex() };
		const { rows } = await store.lookup([query(other)]);
		expect(rows[0]).toMatchObject({ found: false, why: 'absent', earlier: { temperature: '0.2' } });
	});

	it('walks, inspects and counts as the first thing a new process asks', async () => {
		const namespace = `first-${hex()}`;
		await store.store([command({ namespace, keyVersion: 'v1' }), command({ namespace })]);
		const keys = [];
		for await (const { key } of backend.reopen().entries(namespace)) keys.push(key);
		expect(keys).toHaveLength(2);
		const target = { by: 'keyVersionPrefix', prefix: 'v1' } as const;
		expect(await backend.reopen().invalidate(namespace, target)).toEqual({ invalidated: 1 });
		const spaces = await backend.reopen().inspect();
		expect(spaces.find((one) => one.namespace === namespace)).toMatchObject({ entries: 1 });
	});

	it('forgets nothing of 200 stores that eight processes make at once', async () => {
		const many = Array.from({ length: 200 }, () => command());
		const others = Array.from({ length: 8 }, () => backend.reopen());
		await Promise.all(many.map((one, index) => others[index % 8]!.store([one])));
		const { rows } = await store.lookup(many.map((one) => query(one)));
		expect(rows.filter((row) => row.found)).toHaveLength(200);
	});

	it('walks on from where an earlier walk was, and misses nothing', async () => {
		const namespace = hex();
		const all = Array.from({ length: 1_700 }, () => command({ namespace }));
		await store.store(all);
		const seen = new Set<string>();
		let from: string | undefined;
		for (let part = 0; part < 20; part++) {
			let [count, position]: [number, string | undefined] = [0, undefined];
			let next: string | undefined;
			for await (const entry of backend.reopen().entries(namespace, from)) {
				if (count >= 600 && entry.position !== position) {
					next = entry.position;
					break;
				}
				({ position } = entry);
				count += 1;
				seen.add(entry.key);
			}
			from = next;
			if (from === undefined) break;
		}
		expect(from).toBeUndefined();
		expect([...seen].sort()).toEqual(all.map(({ key }) => key).sort());
		const lost = async () => {
			for await (const entry of store.entries(namespace, 'somewhere')) return entry;
		};
		await expect(lost()).rejects.toThrow('"somewhere" is no place of an export');
	});

	it('inspects entries, bytes and counters of each namespace', async () => {
		const namespace = `inspected-${hex()}`;
		await store.store([command({ namespace }), command({ namespace })]);
		await store.count(namespace, { hits: 3, misses: 2 });
		const spaces = await store.inspect();
		const space = spaces.find((one) => one.namespace === namespace);
		expect(space).toMatchObject({ entries: 2, hits: 3, misses: 2, stale: 0, evictions: 0 });
		expect(space!.bytes).toBeGreaterThanOrEqual(8);
	});

	it('tells the age of what it walks by its own clock, that of before an import included', async () => {
		const namespace = `aged-${hex()}`;
		await store.store([command({ namespace, ageMs: 5_000, keepMs: 60_000 })]);
		const walked = [];
		for await (const entry of store.entries(namespace)) walked.push(entry);
		const [{ ageMs, keepMs } = { ageMs: NaN, keepMs: NaN }] = walked;
		expect(ageMs).toBeGreaterThanOrEqual(5_000);
		expect(ageMs).toBeLessThan(30_000);
		expect(Math.abs(keepMs - 65_000)).toBeLessThan(2_000);
		expect(await store.invalidate(namespace, { by: 'age', olderThanMs: 4_000 })).toEqual({
			invalidated: 1,
		});
	});

	it('walks the entries that may still be served, with tags and version', async () => {
		const namespace = `walked-${hex()}`;
		const kept = command({ namespace, tags: [userTag('kept')], keyVersion: 'v1' });
		const gone = command({ namespace, tags: [userTag('gone')] });
		await store.store([kept, gone]);
		await store.invalidate(namespace, { by: 'tag', tag: userTag('gone') });
		const walked = [];
		for await (const entry of store.entries(namespace)) walked.push(entry);
		expect(walked).toMatchObject([
			{ namespace, key: kept.key, tags: kept.tags, keyVersion: 'v1', packed: kept.packed },
		]);
		expect(Math.abs(walked[0]!.keepMs - kept.keepMs)).toBeLessThan(2_000);
	});
});
