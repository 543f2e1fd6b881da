import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { aiWorkflow, ROOTS, THINK_TOOL } from '../support/aiWorkflows';
import { references } from '../support/n8n';
import { startQueueStack, type QueueStack } from '../support/queueStack';

let stack: QueueStack;

beforeAll(async () => {
	stack = await startQueueStack({
		workflows: ({ credentials }) => {
			const shared = {
				credentials: references(credentials),
				backend: 'redis',
				model: 'openai chat',
			} as const;
			return [
				aiWorkflow({ ...shared, route: 'queued-chain', root: ROOTS.chain }),
				aiWorkflow({
					...shared,
					route: 'queued-agent',
					root: ROOTS.agent,
					cache: { turns: 'all' },
					parts: [THINK_TOOL],
				}),
			];
		},
		workers: 2,
		ownCache: true,
	});
}, 420_000);

afterAll(() => stack?.stop(), 90_000);

async function ask(path: string, text: string) {
	const before = stack.standIn.calls().total;
	const answer = await stack.n8n.post(path, { text });
	return { ...answer, calls: stack.standIn.calls().total - before };
}

describe('a Cached Chat Model in queue mode, one main and two workers', () => {
	it('answers on one worker what the other stored', async () => {
		const texts = Array.from({ length: 12 }, (_, number) => `Question ${number} of the queue`);
		const run = () => Promise.all(texts.map((text) => stack.n8n.post('queued-chain', { text })));
		const first = await run();
		expect(stack.standIn.calls().total).toBe(texts.length);
		const second = await run();
		expect(stack.standIn.calls().total).toBe(texts.length);
		expect(second.map(({ text }) => text)).toEqual(first.map(({ text }) => text));
		expect(first.every(({ status }) => status === 200)).toBe(true);

		// Both workers ran something in both rounds, so that each of them met entries of the other.
		for (const worker of stack.workers) {
			const numbers = worker.executions().map(Number);
			expect(numbers.some((number) => number <= texts.length)).toBe(true);
			expect(numbers.some((number) => number > texts.length)).toBe(true);
		}
	}, 60_000);

	it('makes one call for equal requests that meet on different workers', async () => {
		const before = stack.standIn.calls().total;
		stack.standIn.fail({ delayMs: 700 });
		const all = await Promise.all(
			Array.from({ length: 6 }, () =>
				stack.n8n.post('queued-chain', { text: 'All workers at once' }),
			),
		);
		expect(stack.standIn.calls().total).toBe(before + 1);
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
		await stack.cache.stop();
		try {
			for (const text of ['Known before the outage', 'Not known', 'Nor this']) {
				const answer = await ask('queued-chain', text);
				expect(answer).toMatchObject({ status: 200, calls: 1 });
				expect(answer.text).toContain(text);
				// Half a second each for looking up and storing, and what else runs on this machine.
				expect(answer.ms).toBeLessThan(usual.ms + 2 * 500 + 1000);
			}
		} finally {
			await stack.cache.start();
		}
		for (let tries = 0; ; tries++) {
			await ask('queued-chain', `Back again ${tries}`);
			if ((await ask('queued-chain', `Back again ${tries}`)).calls === 0) break;
			expect(tries).toBeLessThan(40);
			await sleep(500);
		}
	}, 120_000);

	it('leaves no unhandled rejection in any log', () => {
		for (const log of [stack.n8n.log(), ...stack.workers.map((worker) => worker.log())]) {
			expect(log).not.toMatch(/unhandled/i);
		}
	});
});
