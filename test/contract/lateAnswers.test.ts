import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CacheStore, LookupQuery, StoreCommand } from '../../nodes/shared/ports/CacheStore';
import { allBackends, type BackendUnderTest, type StartBackend } from './backends';

const BACKENDS: Array<[string, StartBackend]> = [];
for (const one of allBackends()) {
	if ('start' in one) BACKENDS.push([one.name, one.start]);
	else console.warn(`Late answers on ${one.name} are not tested: ${one.missing}`);
}

const command = (namespace: string): StoreCommand => ({
	namespace,
	key: randomBytes(32).toString('hex'),
	packed: Buffer.from([1, 2, 3]),
	tags: [],
	keyVersion: '',
	keepMs: 60_000,
	userHash: '',
	components: {},
});

const query = ({ namespace, key }: StoreCommand, token: string): LookupQuery => ({
	namespace,
	key,
	userHash: '00',
	lease: { token, ttlMs: 60_000 },
});

describe.each(BACKENDS)('an answer that comes late, on %s', (_name, start) => {
	let backend: BackendUnderTest;
	let store: CacheStore;
	beforeAll(async () => {
		backend = await start();
		store = backend.store;
	});
	afterAll(() => backend.close());

	/** Misses, and gives what the answer is to be stored with. */
	async function ask(one: StoreCommand, token: string): Promise<StoreCommand> {
		const { epochs, rows } = await store.lookup([query(one, token)]);
		expect(rows).toMatchObject([{ found: false, lease: 'acquired' }]);
		return { ...one, epoch: epochs.get(one.namespace), leaseToken: token };
	}
	const find = async (one: StoreCommand) => (await store.lookup([query(one, 'next')])).rows[0]!;
	const REFUSED = {
		stored: false,
		reason: 'the entry was invalidated while its answer was computed',
	};

	it('is refused where its key was invalidated meanwhile, and the next caller asks anew', async () => {
		const one = command('late');
		const answer = await ask(one, 'leader');
		await backend.reopen().invalidate(one.namespace, { by: 'key', key: one.key });
		expect(await store.store([answer])).toEqual([REFUSED]);
		expect(await find(one)).toMatchObject({ found: false, lease: 'acquired' });
	});

	it('is refused where it would replace the stale one that was invalidated', async () => {
		const one = command('stale');
		await store.store([one]);
		const { epochs } = await store.lookup([query(one, 'any')]);
		await store.invalidate(one.namespace, { by: 'key', key: one.key });
		const answer = { ...one, epoch: epochs.get(one.namespace) };
		expect(await store.store([answer])).toEqual([REFUSED]);
		expect(await find(one)).toMatchObject({ found: false });
	});

	it('is taken where it was asked for afterwards, or is put in by hand', async () => {
		const [asked, given] = [command('afterwards'), command('afterwards')];
		for (const { namespace, key } of [asked, given]) {
			await store.invalidate(namespace, { by: 'key', key });
		}
		const replies = await store.store([await ask(asked, 'leader'), given]);
		expect(replies).toMatchObject([{ stored: true }, { stored: true }]);
		expect([await find(asked), await find(given)]).toMatchObject([
			{ found: true },
			{ found: true },
		]);
	});

	it('is taken where only others of its namespace were invalidated', async () => {
		const [one, other] = [command('others'), command('others')];
		const answer = await ask(one, 'leader');
		await store.invalidate(other.namespace, { by: 'key', key: other.key });
		await store.invalidate('elsewhere', { by: 'key', key: one.key });
		expect(await store.store([answer])).toMatchObject([{ stored: true }]);
		expect(await find(one)).toMatchObject({ found: true });
	});

	it('can be invalidated though it was asked for in a cache that is no more, with a higher count', async () => {
		const one = { ...command('begun anew'), epoch: 900_000_000_000 };
		await store.store([one]);
		expect(await find(one)).toMatchObject({ found: true });
		await store.invalidate(one.namespace, { by: 'namespace' });
		expect(await find(one)).toMatchObject({ found: false });
	});
});
