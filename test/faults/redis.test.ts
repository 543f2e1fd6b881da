import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import Redis from 'ioredis';
import { StoreUnavailable } from '../../nodes/shared/core/errors';
import {
	connectRedis,
	type RedisClient,
	type RedisSettings,
} from '../../nodes/shared/drivers/redis/connect';
import { redisCacheStore } from '../../nodes/shared/drivers/redis/cacheStore';
import { systemClock } from '../../nodes/shared/drivers/systemClock';
import type { CacheStore } from '../../nodes/shared/ports/CacheStore';
import { startRedis, type RedisServer } from '../../scripts/lib/redisServer.mjs';
import { redisSettings } from '../contract/backends';
import { asked, engineOver, type Engine } from '../support/engine';
import { startCluster, until } from '../support/redisCluster';
import { startSentinel } from '../support/sentinel';
import { runCalls } from '../support/workload';

const NOTHING_BAD = { wrong: 0, lost: 0 };
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const closing: Array<() => Promise<void> | void> = [];
const unhandled: unknown[] = [];
const remember = (reason: unknown) => unhandled.push(reason);
beforeEach(() => {
	process.on('unhandledRejection', remember);
});
afterEach(async () => {
	for (const close of closing.splice(0).reverse()) await close();
	process.off('unhandledRejection', remember);
	expect(unhandled.splice(0)).toEqual([]);
});

/** An engine over Redis, and how many lookups reached its driver. */
function engineAt(settings: RedisSettings): {
	engine: Engine;
	client: RedisClient;
	asks(): number;
} {
	const client = connectRedis(settings);
	const store = redisCacheStore(client, 'pc:', systemClock);
	let asks = 0;
	const counted: CacheStore = {
		...store,
		lookup: (queries) => {
			asks += 1;
			return store.lookup(queries);
		},
	};
	const engine = engineOver(counted);
	closing.push(
		() => client.disconnect(),
		() => engine.close(),
	);
	return { engine, client, asks: () => asks };
}

async function startServer(args: string[] = []): Promise<RedisServer> {
	const server = await startRedis({ args });
	closing.push(() => server.close());
	return server;
}

async function hitsAgain(engine: Engine, question: string): Promise<void> {
	await until(async () => {
		const outcome = await engine.ask(asked(question), { coalesce: false }).catch(() => undefined);
		if (outcome?.status === 'hit') return true;
		await engine.answer(asked(question), 'back').catch(() => undefined);
		return false;
	}, 1_600);
}

describe('redis-server', () => {
	it('killed with SIGKILL in the middle costs no answer, and is hardly asked until it is back', async () => {
		const server = await startServer();
		const { engine, asks } = engineAt(redisSettings(server.port));
		let asksWhenKilled = 0;
		let killed: Promise<void> | undefined;
		const tally = await runCalls(engine, { calls: 600, questions: 40 }, () => {
			asksWhenKilled = asks();
			killed = server.stop();
		});
		await killed;
		expect(tally).toMatchObject({ calls: 600, ...NOTHING_BAD });
		expect(tally.hits).toBeGreaterThan(100);
		expect(tally.failedOpen).toBeGreaterThan(300);
		// Three failures and those under way with them open the breaker; then one trial every two seconds.
		expect(asks() - asksWhenKilled).toBeLessThan(30);
		await server.start();
		await hitsAgain(engine, 'after the crash');
	});

	it('frozen for five seconds costs no answer, and serves again when it thaws', async () => {
		const server = await startServer();
		const { engine, asks } = engineAt(redisSettings(server.port));
		expect(await runCalls(engine, { calls: 100, questions: 40 })).toMatchObject(NOTHING_BAD);
		server.freeze();
		const since = performance.now();
		const asksBefore = asks();
		const tally = await runCalls(engine, { calls: 400, questions: 40 });
		expect(tally).toMatchObject({ calls: 400, hits: 0, failedOpen: 400, ...NOTHING_BAD });
		expect(asks() - asksBefore).toBeLessThan(30);
		await pause(5_000 - (performance.now() - since));
		server.thaw();
		await hitsAgain(engine, 'after the thaw');
		expect(await runCalls(engine, { calls: 100, questions: 40 })).toMatchObject({
			hits: 100,
			...NOTHING_BAD,
		});
	});

	it('frozen for longer than a lease lives makes no lost call of one that nobody could prolong', async () => {
		const server = await startServer();
		const { engine, client } = engineAt(redisSettings(server.port));
		const request = asked('in flight');
		const query = { namespace: 'default', key: request.key, userHash: '00' };
		await redisCacheStore(client, 'pc:', systemClock).lookup([
			{ ...query, lease: { token: 'alive', ttlMs: 1 } },
		]);
		server.freeze();
		await expect(engine.ask(asked('another'), { timeoutMs: 80 })).rejects.toThrow(StoreUnavailable);
		server.thaw();
		expect(await engine.ask(request)).toMatchObject({ status: 'miss', leader: true });
		expect(engine.inherited()).toEqual([]);
	});

	it('replaced by an empty one costs no answer, and is filled and listed anew', async () => {
		const server = await startServer();
		const { engine } = engineAt(redisSettings(server.port));
		let replaced: Promise<void> | undefined;
		const tally = await runCalls(engine, { calls: 600, questions: 40 }, () => {
			replaced = server.stop().then(() => server.start());
		});
		await replaced;
		expect(tally).toMatchObject({ calls: 600, ...NOTHING_BAD });
		await hitsAgain(engine, 'after the replacement');
		expect(await runCalls(engine, { calls: 80, questions: 40 })).toMatchObject(NOTHING_BAD);
		const [space] = await engine.store.run((live) => live.inspect(), 2_000);
		expect(space).toMatchObject({ namespace: 'default' });
		expect(space!.entries).toBeGreaterThanOrEqual(40);
	});

	it('out of memory without eviction skips stores with a hint, and serves what it has', async () => {
		const server = await startServer(['--maxmemory', '3mb', '--maxmemory-policy', 'noeviction']);
		const { engine } = engineAt(redisSettings(server.port));
		const stored = [];
		for (let index = 0; index < 60; index++) {
			const text = `answer ${index} ${'x'.repeat(100_000)}`;
			stored.push(
				await engine.answer(asked(`question ${index}`), text, undefined, {
					compressAboveBytes: 1e9,
				}),
			);
		}
		const refused = stored.filter((one) => !one.stored);
		expect(refused.length).toBeGreaterThan(20);
		expect(refused[0]!.reasons[0]).toMatch(/OOM.*raise maxmemory/);
		const kept = stored.findIndex((one) => !one.stored);
		const outcomes = await engine.lookup([asked('question 0'), asked('unknown')]);
		expect(outcomes.map(({ status }) => status)).toEqual(['hit', 'miss']);
		const every = Array.from({ length: kept }, (_, index) => asked(`question ${index}`));
		const hits = await engine.lookup(every);
		expect(hits.filter(({ status }) => status === 'hit')).toHaveLength(kept);
	});

	it('that is a replica serves what it has', async () => {
		const server = await startServer(['--repl-diskless-sync-delay', '0']);
		const replica = await startServer(['--replicaof', `127.0.0.1 ${server.port}`]);
		const { engine } = engineAt(redisSettings(server.port));
		const { engine: reader } = engineAt(redisSettings(replica.port));
		await engine.answer(asked('known'), 'x');
		await until(
			async () => (await reader.ask(asked('known')).catch(() => undefined))?.status === 'hit',
		);
		const refused = await reader.answer(asked('other'), 'y');
		expect(refused).toMatchObject({ stored: false, reasons: [/is a replica/] });
		const mixed = await reader.lookup([asked('known'), asked('other')]);
		expect(mixed.map(({ status }) => status)).toEqual(['hit', 'miss']);
	});

	it('that is not there says where to look', async () => {
		const { engine } = engineAt(redisSettings(1));
		const failure = await engine.ask(asked('x')).catch((error: unknown) => error);
		expect(failure).toBeInstanceOf(StoreUnavailable);
		expect((failure as StoreUnavailable).hint).toMatch(/host and port of the credential/);
	});
});

describe('a failover under Sentinel', () => {
	it.each(['killed', 'frozen'])(
		'of a primary that was %s costs no answer',
		async (how) => {
			const set = await startSentinel();
			closing.push(() => set.close());
			const { engine } = engineAt({
				...redisSettings(0),
				mode: 'sentinel',
				nodes: set.list,
				sentinelName: set.name,
			});
			const before = set.primary.port;
			await hitsAgain(engine, 'warm');
			const tally = await runCalls(engine, { calls: 600, questions: 40 }, () => {
				if (how === 'killed') void set.primary.stop();
				else set.primary.freeze();
			});
			expect(tally).toMatchObject({ calls: 600, ...NOTHING_BAD });
			expect(tally.hits).toBeGreaterThan(100);
			await until(async () => (await set.primaryPort()) !== before, 800);
			await hitsAgain(engine, 'after the failover');
			const onNew = new Redis(set.replica.port, '127.0.0.1');
			closing.push(() => onNew.disconnect());
			await until(async () => (await onNew.keys('pc:*')).length > 0);
			const after = await runCalls(engine, { calls: 200, questions: 40 });
			expect(after).toMatchObject({ failedOpen: 0, ...NOTHING_BAD });
		},
		60_000,
	);
});

describe('Redis Cluster', () => {
	it('moving slots while it is asked costs neither an answer nor an entry', async () => {
		const cluster = await startCluster();
		closing.push(() => cluster.close());
		const { engine, client } = engineAt({
			...redisSettings(0),
			mode: 'cluster',
			nodes: cluster.list,
		});
		expect(await runCalls(engine, { calls: 80, questions: 40 })).toMatchObject(NOTHING_BAD);
		const [key] = (
			await Promise.all(cluster.nodes.map((node) => node.client.keys('pc:{*}:e:*')))
		).flat();
		const slot = Number(await cluster.nodes[0]!.client.cluster('KEYSLOT', key!));
		const owner = await cluster.ownerOf(slot);
		const [first, second] = cluster.nodes.filter(({ id }) => id !== owner.id);
		let moved: Promise<void> | undefined;
		const tally = await runCalls(engine, { calls: 900, questions: 40 }, () => {
			moved = cluster.moveSlot(slot, first!).then(() => cluster.moveSlot(slot, second!));
		});
		await moved;
		expect(tally).toMatchObject({ calls: 900, ...NOTHING_BAD });
		expect((await cluster.ownerOf(slot)).id).toBe(second!.id);
		const after = await runCalls(engine, { calls: 80, questions: 40 });
		expect(after).toMatchObject({ hits: 80, failedOpen: 0, ...NOTHING_BAD });
		expect(client.status).toBe('ready');
	}, 60_000);
});
