import { afterAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import http from 'node:http';
import { join } from 'node:path';
import type { Worker, WorkerOptions } from 'node:worker_threads';
import { freePort } from '../../scripts/lib/freePort.mjs';
import type { Relay } from '../../nodes/LlmEndpointTrigger/handOver';
import { openPort } from '../../nodes/LlmEndpointTrigger/ports';
import { createPortThread, type PortThread } from '../../nodes/LlmEndpointTrigger/portThread';
import { rememberRequest } from '../../nodes/LlmEndpointTrigger/rememberRequest';
import { createRuns } from '../../nodes/LlmEndpointTrigger/runs';
import { readPlace, readPlan } from '../../nodes/LlmEndpointTrigger/settings';
import type { JsonObject } from '../../nodes/shared/core/json';
import { readLease } from '../../nodes/shared/n8n/lease';
import { openPlace } from '../../nodes/shared/n8n/triggerBackend';
import { askerOf, spawnThread } from '../support/portThread';
import { until } from '../support/redisCluster';
import { context, inTriggerFolder, KEY } from '../support/triggerContext';

const closers = inTriggerFolder();
const errors: string[] = [];
const logger = { error: (text: string) => void errors.push(text) };

const threads: Worker[] = [];
const isOver = (thread: Worker) => thread.threadId === -1;

/** A holder of threads whose threads are kept for the test to see. */
function holder(more: WorkerOptions = {}): PortThread {
	return createPortThread({
		lingerMs: 0,
		restartMs: 10,
		spawn() {
			const thread = spawnThread(more);
			threads.push(thread);
			return thread;
		},
	});
}

afterAll(async () => {
	await until(() => Promise.resolve(threads.every(isOver)));
});

type Run = (relay: Relay, item: JsonObject) => void;

const answering: Run = (relay) => {
	relay.receive({ promptCache: 'started', executionId: '7' });
	relay.receive({ promptCache: 'answer', item: { answer: 'from the execution' } });
	relay.ended();
};

async function open(
	thread: PortThread,
	parameters: Record<string, unknown>,
	run: Run = answering,
	below: string[] = [],
) {
	const ctx = context({ port: await freePort(), ...parameters }, below);
	const plan = await readPlan(ctx);
	const place = readPlace(ctx, plan);
	const items: JsonObject[] = [];
	const start = (item: JsonObject, relay: Relay): void => {
		items.push(item);
		run(relay, item);
	};
	const close = await openPort({ place, plan, logger, start }, thread);
	closers.push(close);
	const url = `http://127.0.0.1:${place.port}${place.path}/v1/chat/completions`;
	return { url, items, plan, place, close };
}

const request = (content: string, more: JsonObject = {}) => ({
	method: 'POST',
	headers: {
		'content-type': 'application/json',
		authorization: `Bearer ${KEY}`,
		// What is asked next may be another listener at the same port.
		connection: 'close',
	},
	body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content }], ...more }),
});

const statusOf = async (url: string, content: string) => {
	const answer = await fetch(url, request(content));
	await answer.text();
	return [answer.status, answer.headers.get('x-prompt-cache-status')];
};

describe("the ports' thread", () => {
	it('starts an execution for a miss, and answers hits while n8n’s own thread stands still', async () => {
		const { url, items } = await open(holder(), {});
		expect(await statusOf(url, 'asked before')).toEqual([200, 'miss']);
		const asker = await askerOf(url, request('asked before'));

		expect(asker.standStill(20_000)).toBe(200);
		expect(items).toHaveLength(1);
		await asker.end();
	});

	it('streams what an execution says, and tells its failure and its end without an answer', async () => {
		const [failed, ended, circular] = ['failed', 'ended', 'circular'];
		const { url } = await open(holder(), {}, (relay, { chatInput }) => {
			if (chatInput === failed) relay.receive({ promptCache: 'failed', status: 429 });
			if (chatInput === circular) {
				const item: JsonObject = {};
				relay.receive({ promptCache: 'answer', item: Object.assign(item, { item }) });
			}
			if (chatInput === 'streamed') {
				relay.receive({ promptCache: 'text', piece: 'a piece, ' });
				relay.receive({ promptCache: 'answer', item: { answer: 'a piece, ' } });
			}
			relay.ended();
		});
		const streamed = await fetch(url, request('streamed', { stream: true }));
		const text = await streamed.text();
		expect(text).toContain('"a piece, "');
		expect(text).toContain('[DONE]');
		expect(await statusOf(url, failed)).toEqual([429, 'miss']);
		expect(await statusOf(url, ended)).toEqual([500, 'miss']);
		expect(await statusOf(url, circular)).toEqual([500, 'miss']);
	});

	it('answers an error where n8n starts no execution', async () => {
		const { url } = await open(holder(), {}, () => {
			throw new Error('n8n is shutting down');
		});
		expect(await statusOf(url, 'too late')).toEqual([500, 'miss']);
	});

	it('lets two workflows share a port, and names the parameter at fault', async () => {
		const thread = holder();
		const { url, place, close } = await open(thread, { path: 'one' });
		const two = await open(thread, { path: 'two', port: place.port });
		expect([await statusOf(url, 'x'), (await statusOf(two.url, 'y'))[0]]).toEqual([
			[200, 'miss'],
			200,
		]);
		await expect(open(thread, { path: 'one', port: place.port })).rejects.toMatchObject({
			name: 'ConfigError',
			parameter: 'Path',
		});
		const stranger = http.createServer().listen(0, '127.0.0.1');
		await once(stranger, 'listening');
		const { port } = stranger.address() as { port: number };
		await expect(open(thread, { port })).rejects.toMatchObject({ parameter: 'Port' });
		stranger.close();

		await close();
		expect((await fetch(url, request('x'))).status).toBe(404);
		expect((await statusOf(two.url, 'y'))[1]).toBe('hit');
	});

	it('frees its port before it says so, again and again, and is itself gone in the end', async () => {
		const thread = holder();
		const port = await freePort();
		const before = threads.length;
		for (let times = 0; times < 3; times++) {
			const { url, close } = await open(thread, { port });
			expect((await statusOf(url, 'once more'))[0]).toBe(200);
			await close();
			const other = http.createServer().listen(port, '127.0.0.1');
			await once(other, 'listening');
			other.close();
			await once(other, 'close');
		}
		await until(() => Promise.resolve(threads.slice(before).every(isOver)));
	});

	it('is shared by those who use its port, though the package was loaded anew', async () => {
		const [old, fresh] = [holder(), holder()];
		const { place } = await open(old, { path: 'one' });
		const before = threads.length;
		const two = await open(fresh, { path: 'two', port: place.port });
		expect((await statusOf(two.url, 'shared'))[0]).toBe(200);
		expect(threads).toHaveLength(before);
	});

	const crash = join(__dirname, '..', 'support', 'crash.js');
	it.each<[string, (thread: Worker) => void, string]>([
		['is killed', (thread) => void thread.terminate(), 'it ended by itself'],
		['throws', (thread) => thread.postMessage('throw'), 'thrown in the thread'],
		['runs out of memory', (thread) => thread.postMessage('fill'), 'memory limit'],
	])(
		'opens its ports again when it %s: those who waited are cut off, and what was stored is there',
		async (_how, kill, reason) => {
			errors.length = 0;
			// Where much survives at once, V8 ends the whole process before Node can end the thread alone.
			const memory = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 2 };
			const thread = holder({ execArgv: ['-r', crash], resourceLimits: memory });
			let waits = (): void => undefined;
			const begun = new Promise<void>((resolve) => (waits = resolve));
			const run: Run = (relay, item) => {
				if (item.chatInput === `waits ${reason}`) waits();
				else answering(relay, item);
			};
			const one = await open(thread, { path: 'one' }, run);
			const two = await open(thread, { path: 'two', port: one.place.port });
			expect((await statusOf(one.url, reason))[1]).toBe('miss');
			const cut = expect(fetch(one.url, request(`waits ${reason}`))).rejects.toThrow();
			await begun;

			kill(threads.at(-1)!);
			await cut;
			await until(async () => (await fetch(two.url).catch(() => undefined)) !== undefined);
			await until(async () => (await fetch(one.url).catch(() => undefined)) !== undefined);
			expect(await statusOf(one.url, reason)).toEqual([200, 'hit']);
			expect(errors).toHaveLength(2);
			expect(errors[0]).toContain(`${one.place.port}/one is closed, and will be opened again`);
			expect(errors[0]).toContain(reason);
		},
		60_000,
	);

	it('says why a thread that cannot start does not listen', async () => {
		const thread = holder({ execArgv: ['-r', join(__dirname, 'no such file')] });
		await expect(open(thread, {})).rejects.toThrow('no such file');
	});

	it('lets a Cache Store in n8n’s thread know the request that was looked up here', async () => {
		const below = ['n8n-nodes-prompt-cache.cacheStore'];
		const parameters = { serving: { keyVersion: 'v7' } };
		const { url, items, plan } = await open(holder(), parameters, answering, below);
		await statusOf(url, 'stored further down');
		rememberRequest(items[0]!, plan);

		const { cache } = items[0] as { cache: { key: string; lease: string } };
		const pending = openPlace(plan.backendPlace).pending.get(readLease(cache.lease)!.token);
		expect(pending).toMatchObject({ key: cache.key, keyVersion: 'v7', leads: true });
		expect(pending!.explained.components).toMatchObject({ 'key version': 'v7', model: 'm' });
	});
});

describe('the executions that the thread has started', () => {
	it('are known until they end, and hits that nobody catches up with are not recorded', () => {
		const runs = createRuns();
		const relay: Relay = { receive: () => undefined, ended: () => undefined };
		const first = runs.add(relay)!;
		expect(runs.of(first)).toBe(relay);
		runs.end(first);
		expect(runs.of(first)).toBeUndefined();

		const recorded = Array.from({ length: 1_001 }, () => runs.add(undefined));
		expect(recorded.filter((run) => run === undefined)).toHaveLength(1);
		runs.end(recorded[0]!);
		expect(runs.add(undefined)).toBeDefined();
	});
});
