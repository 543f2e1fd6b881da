/** What only Redis can meet: commands that are sent once more, a host that sleeps, keys that others wrote. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { userTag } from '../../nodes/shared/core/freshness/invalidation';
import { connectRedis } from '../../nodes/shared/drivers/redis/connect';
import { redisCacheStore } from '../../nodes/shared/drivers/redis/cacheStore';
import { namespaceKeys } from '../../nodes/shared/drivers/redis/keys';
import { redisCostLedger } from '../../nodes/shared/drivers/redis/costLedger';
import { systemClock } from '../../nodes/shared/drivers/systemClock';
import type { InvalidationTarget } from '../../nodes/shared/ports/CacheStore';
import type { Clock } from '../../nodes/shared/ports/Clock';
import { startRedis } from '../../scripts/lib/redisServer.mjs';
import { asked, engineOver, type Engine } from '../support/engine';
import { startCluster } from '../support/redisCluster';
import { redisSettings } from './backends';
import { call, hourMs, now, totals } from './ledgers';

const closing: Array<() => Promise<void> | void> = [];
afterEach(async () => {
	for (const close of closing.splice(0).reverse()) await close();
});

async function startClient() {
	const server = await startRedis();
	closing.push(() => server.close());
	const client = connectRedis(redisSettings(server.port));
	closing.push(() => client.disconnect());
	return client;
}

async function startEngine(clock: Clock = systemClock) {
	const client = await startClient();
	const engine = engineOver(redisCacheStore(client, 'pc:', clock), clock);
	closing.push(() => engine.close());
	return { client, engine };
}

const { invalidations, epoch, entry } = namespaceKeys('pc:', 'default');
const invalidate = (engine: Engine, target: InvalidationTarget) =>
	engine.store.run((live) => live.invalidate('default', target), 5_000);
const statusOf = async (engine: Engine, words: string) =>
	(await engine.ask(asked(words), { coalesce: false })).status;

it('A reservation that is sent once more after a reconnect does not count itself', async () => {
	const ledger = redisCostLedger(await startClient(), 'pc:');
	const day = { periodKey: '2026-11-20', scope: 'all' };
	const ask = (id: string, limitNanoUsd = 100) => ({
		reservation: { ...day, id },
		limitNanoUsd,
		amountNanoUsd: 60,
		ttlMs: 60_000,
	});
	const granted = { granted: true, spentNanoUsd: 0, reservedNanoUsd: 60 };
	expect(await ledger.reserve(ask('one'))).toEqual(granted);
	expect(await ledger.reserve(ask('one'))).toEqual(granted);
	// Refused at last, it holds nothing back from the others.
	expect(await ledger.reserve(ask('one', 50))).toMatchObject({ granted: false });
	expect(await ledger.reserve(ask('another'))).toEqual(granted);
});

it('An answer that expired while the host was suspended is not served as fresh', async () => {
	let wallMs = 0;
	const clock: Clock = { ...systemClock, nowMs: () => wallMs, elapsedMs: () => 0 };
	const { engine } = await startEngine(clock);
	await engine.answer(asked('q'), 'old', undefined, { ttlMs: 300, graceMs: 60_000 });
	expect(await statusOf(engine, 'q')).toBe('hit');
	await new Promise((resolve) => setTimeout(resolve, 400));
	// The monotonic clock stood still meanwhile.
	wallMs += 400;
	expect(await statusOf(engine, 'q')).not.toBe('hit');
});

describe('An invalidated answer', () => {
	const lost: Array<[string, string[], boolean]> = [
		['what was invalidated', [invalidations], true],
		['the count', [epoch], true],
		['both', [invalidations, epoch], false],
	];
	it.each(lost)('stays so where Redis evicts %s', async (_what, keys, isSpared) => {
		const { client, engine } = await startEngine();
		await engine.answer(asked('gone'), 'old', undefined, { tags: ['a'] });
		await engine.answer(asked('also gone'), 'old', undefined, { tags: ['b'] });
		await invalidate(engine, { by: 'tag', tag: userTag('a') });
		await invalidate(engine, { by: 'tag', tag: userTag('b') });
		await engine.answer(asked('spared'), 'new');
		expect(await statusOf(engine, 'spared')).toBe('hit');
		// A count begins at the time: later than two invalidations after the one before began.
		await new Promise((resolve) => setTimeout(resolve, 10));
		await client.del(keys);
		const other = engineOver(redisCacheStore(client, 'pc:', systemClock));
		closing.push(() => other.close());
		for (const one of [engine, other]) {
			expect(await statusOf(one, 'gone')).toBe('miss');
			expect(await statusOf(one, 'spared')).toBe(isSpared ? 'hit' : 'miss');
		}
		// What begins anew must not bring back what was before.
		await engine.answer(asked('later'), 'new');
		await invalidate(engine, { by: 'tag', tag: userTag('else') });
		for (const one of [engine, other]) {
			expect(await statusOf(one, 'gone')).toBe('miss');
			expect(await statusOf(one, 'also gone')).toBe('miss');
			expect(await statusOf(one, 'later')).toBe('hit');
		}
	});

	it('is one although it was asked for before the server went back to an older snapshot', async () => {
		const { client, engine } = await startEngine();
		await invalidate(engine, { by: 'namespace' });
		const kept = await Promise.all(
			[invalidations, epoch].map(async (key) => [key, await client.dumpBuffer(key)] as const),
		);
		await invalidate(engine, { by: 'namespace' });
		const asking = await engine.ask(asked('q'));
		for (const [key, bytes] of kept) await client.restore(key, 0, bytes, 'REPLACE');
		await engine.answer(asked('q'), 'old', asking);
		expect(await statusOf(engine, 'q')).toBe('hit');
		await invalidate(engine, { by: 'namespace' });
		expect(await statusOf(engine, 'q')).toBe('miss');
	});

	it('is one although its namespace cannot be walked to count it', async () => {
		const { client, engine } = await startEngine();
		await engine.answer(asked('q'), 'old');
		await client.call('ACL', 'SETUSER', 'default', '-scan');
		expect(await invalidate(engine, { by: 'age', olderThanMs: -1_000 })).toEqual({
			invalidated: 0,
		});
		expect(await statusOf(engine, 'q')).toBe('miss');
	});

	it('is counted by what it was ended by, and not once more', async () => {
		const { engine } = await startEngine();
		const version = (keyVersion: string) => ({ keyVersion });
		await engine.answer(asked('one'), 'old', undefined, version('v1.0'));
		await engine.answer(asked('two'), 'old', undefined, version('v1.1'));
		const counts = [];
		for (const prefix of ['v1.0', 'v1', 'v1']) {
			counts.push(await invalidate(engine, { by: 'keyVersionPrefix', prefix }));
		}
		expect(counts.map(({ invalidated }) => invalidated)).toEqual([1, 1, 0]);
	});
});

it.each(['Q of a later version', 'P', `P${'x'.repeat(60)}`])(
	'What is no entry (%s) is a miss that is counted, and takes nothing else along',
	async (garbage) => {
		const { client, engine } = await startEngine();
		await engine.answer(asked('good'), 'good');
		await invalidate(engine, { by: 'tag', tag: userTag('a') });
		await client.set(entry(asked('bad').key), garbage);
		// By the script first, then by plain reading.
		for (let round = 0; round < 2; round++) {
			const outcomes = await engine.lookup([asked('bad'), asked('good')], { coalesce: false });
			expect(outcomes.map(({ status }) => status)).toEqual(['miss', 'hit']);
		}
		const [space] = await engine.store.run((live) => live.inspect(), 5_000);
		expect(space).toMatchObject({ entries: 1, corrupt: 2 });
	},
);

describe('The ledger', () => {
	it('is not what an evicting Redis takes first: none of its sums has a lifetime', async () => {
		const client = await startClient();
		const ledger = redisCostLedger(client, 'pc:');
		const period = { periodKey: '2026-11-20', scope: 'all' };
		const reservation = { ...period, id: 'one' };
		await ledger.reserve({ reservation, limitNanoUsd: 9, amountNanoUsd: 1, ttlMs: 60_000 });
		await ledger.record([call()]);
		const keys = await client.keys('pc:{ledger}:*');
		expect(keys.map((key) => key.split(':')[2]).sort()).toEqual(
			['day', 'ends', 'hour', 'reserved', 'seen', 'spend', 'spend'].sort(),
		);
		const lives = await Promise.all(keys.map((key) => client.pttl(key)));
		expect(new Set(lives)).toEqual(new Set([-1]));
	});

	it('deletes what has outlived its time when an hour begins, in a cluster too', async () => {
		const cluster = await startCluster();
		closing.push(() => cluster.close());
		const client = connectRedis({ ...redisSettings(0), mode: 'cluster', nodes: cluster.list });
		closing.push(() => client.disconnect());
		const ledger = redisCostLedger(client, 'pc:');
		await ledger.record([call({ namespace: 'old' })]);
		const ends = 'pc:{ledger}:ends';
		const ended = await client.zrange(ends, 0, -1);
		for (const key of ended) await client.zadd(ends, 1, key);
		await ledger.record([call({ namespace: 'new', atMs: now + 40 * 24 * hourMs })]);
		expect(await client.exists(ended)).toBe(0);
		expect(await totals(ledger, 'old')).toMatchObject({ calls: 0 });
		expect(await totals(ledger, 'new')).toMatchObject({ calls: 1 });
		expect(await client.zcount(ends, '-inf', 1)).toBe(0);
	});
});
