import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RedisServer } from '../../scripts/lib/redisServer.mjs';
import { startRedis } from '../../scripts/lib/redisServer.mjs';
import { stableId } from '../../scripts/lib/templates/fit.mjs';
import { aiWorkflow, ROOTS, THINK_TOOL } from '../support/aiWorkflows';
import type { TestN8n } from '../support/n8n';
import { references, startTestN8n } from '../support/n8n';
import type { N8nWorker } from '../support/queueMode';
import { queueEnvironment, startN8nWorker } from '../support/queueMode';
import type { StandIn } from '../support/standInProvider';
import { startStandIn } from '../support/standInProvider';

let standIn: StandIn;
let queue: RedisServer;
let cache: RedisServer;
let n8n: TestN8n;
let workers: N8nWorker[] = [];

beforeAll(async () => {
	standIn = await startStandIn();
	queue = await startRedis();
	cache = await startRedis();
	const held = [
		{
			id: stableId('queue openAi'),
			name: 'Test openAi',
			type: 'openAiApi',
			data: { apiKey: 'stand-in', url: `${standIn.url}/v1` },
		},
		{
			id: stableId('queue redis'),
			name: 'Test Redis',
			type: 'promptCacheRedisApi',
			data: { host: '127.0.0.1', port: cache.port, database: 0 },
		},
	];
	const shared = { credentials: references(held), backend: 'redis', model: 'openai chat' } as const;
	const env = queueEnvironment(queue.port);
	n8n = await startTestN8n({
		env,
		credentials: held,
		workflows: [
			aiWorkflow({ ...shared, route: 'queued-chain', root: ROOTS.chain }),
			aiWorkflow({
				...shared,
				route: 'queued-agent',
				root: ROOTS.agent,
				cache: { turns: 'all' },
				parts: [THINK_TOOL],
			}),
		],
	});
	for (const name of ['worker-1', 'worker-2']) {
		workers.push(await startN8nWorker({ userFolder: n8n.userFolder, name, env }));
	}
}, 420_000);

afterAll(async () => {
	await Promise.all(workers.map((worker) => worker.stop()));
	workers = [];
	await n8n?.stop();
	await standIn?.stop();
	await queue?.close();
	await cache?.close();
}, 90_000);

async function ask(path: string, text: string) {
	const before = standIn.calls().total;
	const answer = await n8n.post(path, { text });
	return { ...answer, calls: standIn.calls().total - before };
}

describe('a Cached Chat Model in queue mode, one main and two workers', () => {
	it('answers on one worker what the other stored', async () => {
		const texts = Array.from({ length: 12 }, (_, number) => `Question ${number} of the queue`);
		const run = () => Promise.all(texts.map((text) => n8n.post('queued-chain', { text })));
		const first = await run();
		expect(standIn.calls().total).toBe(texts.length);
		const second = await run();
		expect(standIn.calls().total).toBe(texts.length);
		expect(second.map(({ text }) => text)).toEqual(first.map(({ text }) => text));
		expect(first.every(({ status }) => status === 200)).toBe(true);

		// Both workers ran something in both rounds, so that each of them met entries of the other.
		for (const worker of workers) {
			const numbers = worker.executions().map(Number);
			expect(numbers.some((number) => number <= texts.length)).toBe(true);
			expect(numbers.some((number) => number > texts.length)).toBe(true);
		}
	}, 60_000);

	it('makes one call for equal requests that meet on different workers', async () => {
		const before = standIn.calls().total;
		standIn.fail({ delayMs: 700 });
		const all = await Promise.all(
			Array.from({ length: 6 }, () => n8n.post('queued-chain', { text: 'All workers at once' })),
		);
		expect(standIn.calls().total).toBe(before + 1);
		expect(new Set(all.map(({ text }) => text)).size).toBe(1);
	}, 60_000);

	it('answers an agent with a tool loop again without a call', async () => {
		const first = await ask('queued-agent', 'Please use tool in the queue');
		const second = await ask('queued-agent', 'Please use tool in the queue');
		expect(first).toMatchObject({ status: 200, calls: 2 });
		expect(second).toMatchObject({ status: 200, calls: 0, text: first.text });
	}, 60_000);

	it('works as if there were no cache while Redis is away, within the time bound', async () => {
		await ask('queued-chain', 'Known before the outage');
		const usual = await ask('queued-chain', 'Usual call');
		await cache.stop();
		try {
			for (const text of ['Known before the outage', 'Not known', 'Nor this']) {
				const answer = await ask('queued-chain', text);
				expect(answer).toMatchObject({ status: 200, calls: 1 });
				expect(answer.text).toContain(text);
				// Half a second each for looking up and storing, and what else runs on this machine.
				expect(answer.ms).toBeLessThan(usual.ms + 2 * 500 + 1000);
			}
		} finally {
			await cache.start();
		}
		for (let tries = 0; ; tries++) {
			await ask('queued-chain', `Back again ${tries}`);
			if ((await ask('queued-chain', `Back again ${tries}`)).calls === 0) break;
			expect(tries).toBeLessThan(40);
			await sleep(500);
		}
	}, 120_000);

	it('leaves no unhandled rejection in any log', () => {
		for (const log of [n8n.log(), ...workers.map((worker) => worker.log())]) {
			expect(log).not.toMatch(/unhandled/i);
		}
	});
});
