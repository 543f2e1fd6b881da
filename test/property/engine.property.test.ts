import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import Redis from 'ioredis';
import { redisCacheStore } from '../../nodes/shared/drivers/redis/cacheStore';
import { systemClock } from '../../nodes/shared/drivers/systemClock';
import { connectRedis, type RedisClient } from '../../nodes/shared/drivers/redis/connect';
import type { Json, JsonObject } from '../../nodes/shared/core/json';
import { isJsonObject } from '../../nodes/shared/core/json';
import { requestKey } from '../../nodes/shared/core/key/requestKey';
import { isHit } from '../../nodes/shared/services/lookup';
import { startRedis, type RedisServer } from '../../scripts/lib/redisServer.mjs';
import { redisSettings, startSqlite, type BackendUnderTest } from '../contract/backends';
import { asked, engineOver, type Engine } from '../support/engine';

const PAIRS = 10_000;
const namespace = fc.oneof(
	fc.constantFrom('default', 'tenant a', 'tenant b', 'Tenant a', 'tenant a ', 'a', 'b', '', '*'),
	fc.string({ maxLength: 12 }),
);
const words = fc.oneof(fc.constantFrom('hello', 'Hello', 'hello ', 'bye'), fc.string());
const request = fc.record(
	{
		model: fc.constantFrom('small', 'large'),
		temperature: fc.constantFrom(0, 0.2, 1),
		seed: fc.integer({ min: 0, max: 2 }),
		messages: fc.array(fc.record({ role: fc.constantFrom('system', 'user'), content: words }), {
			minLength: 1,
			maxLength: 3,
		}),
		tools: fc.array(fc.record({ name: fc.constantFrom('f', 'g') }), { maxLength: 2 }),
	},
	{ requiredKeys: ['messages'] },
);
const someone = fc.record({ namespace, request });

/** The same JSON with the members of every object in another order. */
function reordered(value: Json): Json {
	if (Array.isArray(value)) return value.map(reordered);
	if (!isJsonObject(value)) return value;
	const members = Object.entries(value).reverse();
	return Object.fromEntries(members.map(([name, part]) => [name, reordered(part)]));
}

const keyOf = ({ namespace: space, request: one }: { namespace: string; request: object }) =>
	requestKey(one as JsonObject, { namespace: space });

describe('keys of requests', () => {
	it('are shared by two requests only where namespace and request are the same JSON', () => {
		fc.assert(
			fc.property(someone, someone, (one, other) => {
				const same =
					one.namespace === other.namespace &&
					JSON.stringify(sorted(one.request)) === JSON.stringify(sorted(other.request));
				expect(keyOf(one) === keyOf(other)).toBe(same);
			}),
			{ numRuns: PAIRS },
		);
	});

	it('are never shared by two namespaces, however equal the requests', () => {
		fc.assert(
			fc.property(namespace, namespace, request, (a, b, one) => {
				fc.pre(a !== b);
				expect(keyOf({ namespace: a, request: one })).not.toBe(
					keyOf({ namespace: b, request: one }),
				);
			}),
			{ numRuns: PAIRS },
		);
	});

	it('do not depend on the order of members', () => {
		fc.assert(
			fc.property(someone, (one) => {
				const other = reordered(one.request as unknown as Json) as JsonObject;
				expect(keyOf({ namespace: one.namespace, request: other })).toBe(keyOf(one));
			}),
			{ numRuns: 2_000 },
		);
	});
});

function sorted(value: unknown): unknown {
	if (Array.isArray(value)) return value.map(sorted);
	if (typeof value !== 'object' || value === null) return value;
	const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
	return Object.fromEntries(members.map(([name, part]) => [name, sorted(part)]));
}

describe('entries of tenants', () => {
	let server: RedisServer;
	let client: RedisClient;
	let sqlite: BackendUnderTest;
	const engines: Engine[] = [];
	beforeAll(async () => {
		server = await startRedis();
		client = connectRedis(redisSettings(server.port));
		sqlite = await startSqlite();
		engines.push(engineOver(redisCacheStore(client, 'pc:', systemClock)), engineOver(sqlite.store));
	});
	afterAll(async () => {
		for (const engine of engines) engine.close();
		client.disconnect();
		await server.close();
		await sqlite.close();
	});

	it(`never reach another tenant, in ${PAIRS} random pairs over both backends`, async () => {
		const pairs = fc.sample(fc.tuple(someone, someone), { numRuns: PAIRS, seed: 7 });
		let wrong = 0;
		for (let at = 0; at < pairs.length; at += 500) {
			const batch = pairs.slice(at, at + 500).flat();
			const requests = batch.map((one) =>
				asked('x', '', { ...(one.request as JsonObject), namespace: one.namespace, x: at }),
			);
			// Half of them are stored, each with the name of its owner; then all are asked for.
			for (const engine of engines) {
				const stored = requests.filter((_one, index) => index % 2 === 0);
				await Promise.all(
					stored.map((one) => engine.answer(one, { owner: one.namespace, key: one.key })),
				);
				const outcomes = await engine.lookup(requests, { coalesce: false });
				outcomes.forEach((outcome, index) => {
					const { namespace: owner, key } = requests[index]!;
					if (!isHit(outcome)) return;
					const answer = outcome.entry.response as JsonObject;
					if (answer.owner !== owner || answer.key !== key) wrong += 1;
				});
			}
		}
		expect(wrong).toBe(0);
	}, 120_000);

	it('leave neither prompts nor tenant names in the keys of Redis', async () => {
		const [engine] = engines;
		const one = asked('my very secret prompt', '', { namespace: 'secret tenant' });
		await engine!.answer(one, 'x', undefined, { tags: ['a tag'] });
		await engine!.ask(asked('another secret prompt', '', { namespace: 'secret tenant' }));
		const admin = new Redis(server.port, '127.0.0.1');
		const keys = await admin.keys('*');
		admin.disconnect();
		expect(keys.length).toBeGreaterThan(1_000);
		const plain = /^pc:(namespaces|\{[0-9a-f]{16}\}:([els]|n|i|c|x)(:[0-9a-f-]+)?)$/;
		expect(keys.filter((key) => !plain.test(key))).toEqual([]);
	});
});
