import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { StoreUnavailable } from '../../../nodes/shared/core/errors';
import { connectRedis, type RedisClient } from '../../../nodes/shared/drivers/redis/connect';
import { redisCacheStore } from '../../../nodes/shared/drivers/redis/cacheStore';
import { systemClock } from '../../../nodes/shared/drivers/systemClock';
import type { CacheStore } from '../../../nodes/shared/ports/CacheStore';
import type { GuardedStore } from '../../../nodes/shared/ports/GuardedStore';
import { guardStore } from '../../../nodes/shared/services/circuitBreaker';
import { gatherLookups } from '../../../nodes/shared/services/gatherLookups';
import { startRedis, type RedisServer } from '../../../scripts/lib/redisServer.mjs';
import { redisSettings } from '../../contract/backends';
import { until } from '../../support/redisCluster';

describe('the breaker over a real Redis', () => {
	let server: RedisServer;
	let client: RedisClient;
	let calls = 0;
	let store: CacheStore;
	beforeAll(async () => {
		server = await startRedis();
		client = connectRedis(redisSettings(server.port));
		store = redisCacheStore(client, 'pc:', systemClock);
	});
	afterAll(async () => {
		client.disconnect();
		await server.close();
	});

	const query = { namespace: 'a', key: 'ab'.repeat(32), userHash: '00' };
	const asking = (timeoutMs: number) => {
		const guarded = guardStore(store);
		return {
			ask: () =>
				guarded.run((live) => {
					calls += 1;
					return live.lookup([query]);
				}, timeoutMs),
			close: () => guarded.close(),
		};
	};
	const failure = (work: Promise<unknown>) =>
		work.then(
			() => undefined,
			(error: unknown) => error,
		);

	it('opens after three failures in a row, refuses without asking, and closes after one good trial', async () => {
		const { ask, close } = asking(80);
		await ask();
		server.freeze();
		calls = 0;
		for (let failed = 0; failed < 3; failed++)
			expect(await failure(ask())).toBeInstanceOf(StoreUnavailable);
		for (let refused = 0; refused < 500; refused++) {
			expect(await failure(ask())).toMatchObject({ message: /not asked for a moment/ });
		}
		expect(calls).toBe(3);
		server.thaw();
		await until(async () => (await failure(ask())) === undefined);
		expect(calls).toBe(4);
		expect(await failure(ask())).toBeUndefined();
		close();
	});

	it('goes on refusing when the trial fails, and sends one trial only', async () => {
		const { ask, close } = asking(80);
		await ask();
		server.freeze();
		calls = 0;
		for (let failed = 0; failed < 3; failed++) await failure(ask());
		expect(calls).toBe(3);
		await until(async () => {
			await Promise.all([ask(), ask(), ask(), ask()].map(failure));
			return calls > 3;
		});
		expect(calls).toBe(4);
		server.thaw();
		close();
	});

	it('takes one stall for one failure, however many lookups it fails', async () => {
		const guarded = guardStore(store);
		const together = gatherLookups(guarded);
		const ask = (through: GuardedStore) => through.run((live) => live.lookup([query]), 80);
		await ask(guarded);
		for (const through of [guarded, together]) {
			server.freeze();
			const ends = await Promise.all(Array.from({ length: 150 }, () => failure(ask(through))));
			expect(ends.every((error) => error instanceof StoreUnavailable)).toBe(true);
			server.thaw();
			expect(await failure(guarded.run((live) => live.lookup([query]), 5_000))).toBeUndefined();
		}
		guarded.close();
	});

	it('knows a dead backend after three rounds of many lookups at once', async () => {
		const { ask, close } = asking(80);
		await ask();
		server.freeze();
		calls = 0;
		for (let round = 0; round < 3; round++)
			await Promise.all(Array.from({ length: 150 }, () => failure(ask())));
		expect(calls).toBe(450);
		expect(await failure(ask())).toMatchObject({ message: /not asked for a moment/ });
		expect(calls).toBe(450);
		server.thaw();
		close();
	});

	it('is not opened by failures among which others succeed', async () => {
		const guarded = guardStore(store);
		for (let round = 0; round < 10; round++) {
			const broken = guarded.run(() => Promise.reject(new StoreUnavailable('x')), 1_000);
			expect(await failure(broken)).toMatchObject({ message: 'x' });
			await guarded.run(() => Promise.resolve(1), 1_000);
		}
		guarded.close();
	});

	it("is not opened by errors that are not the backend's", async () => {
		const guarded = guardStore(store);
		for (let round = 0; round < 10; round++) {
			const wrong = guarded.run(() => Promise.reject(new Error('a bug')), 1_000);
			expect(await failure(wrong)).toMatchObject({ message: 'a bug' });
		}
		guarded.close();
	});

	it('does not take a process that was busy itself for a silent backend', async () => {
		const { ask, close } = asking(50);
		await until(async () => (await failure(ask())) === undefined);
		const asked = ask();
		await new Promise((resolve) => setImmediate(resolve));
		const since = performance.now();
		while (performance.now() - since < 200);
		expect(await failure(asked)).toBeUndefined();
		close();
	});
});
