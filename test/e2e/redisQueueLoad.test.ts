import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { queueLoadWorkflow, reportWorkflow } from '../support/endpoint';
import { sendLoad } from '../support/load';
import { startQueueStack, type QueueStack } from '../support/queueStack';

const AT_ONCE = 32;
const WORKER_CONCURRENCY = 10;

let stack: QueueStack;

beforeAll(async () => {
	stack = await startQueueStack({
		standIn: { latencyMs: 100 },
		workflows: (places) => [
			queueLoadWorkflow('webhook', places),
			queueLoadWorkflow('port', places),
			reportWorkflow(places.credentials),
		],
		workers: 2,
		concurrency: WORKER_CONCURRENCY,
		postgres: true,
		webhooks: true,
		env: {
			// What n8n saves of executions is no part of the matter, and how it evaluates expressions neither.
			EXECUTIONS_DATA_SAVE_ON_SUCCESS: 'none',
			N8N_EXPRESSION_ENGINE: 'legacy',
			// A dead worker's jobs are given up after 15 s instead of 90.
			QUEUE_WORKER_LOCK_DURATION: '10000',
			QUEUE_WORKER_LOCK_RENEW_TIME: '3000',
			QUEUE_WORKER_STALLED_INTERVAL: '5000',
		},
	});
}, 420_000);

afterAll(() => stack?.stop(), 90_000);

const bases = {
	webhook: () => `${stack.webhooks!.url}/webhook/load/v1`,
	port: () => `http://127.0.0.1:${stack.port}/load/v1`,
};

/** Calls, hits and lost calls that the ledger has of a namespace, once it has all that is expected of it. */
async function booked(namespace: string, answers: number) {
	type Totals = { calls: number; hits: number; lostCalls: number };
	for (let tries = 0; ; tries++) {
		const { body } = await stack.n8n.post('report', { namespace });
		const { calls, hits, lostCalls } = (body as unknown as { report: { totals: Totals } }).report
			.totals;
		// The endpoint books hits once a second.
		if (calls + hits >= answers || tries > 100) return { calls, hits, lostCalls };
		await new Promise((resolve) => setTimeout(resolve, 100));
	}
}

const suite = process.env.PROMPT_CACHE_POSTGRES ? describe : describe.skip;
if (!process.env.PROMPT_CACHE_POSTGRES) {
	console.warn(
		'Queue mode is not put under load: n8n needs PostgreSQL for it, which was not found',
	);
}

suite('one main, one webhook process, two workers and one Redis', () => {
	it.each([
		{ listen: 'webhook' as const, requests: 5_000 },
		{ listen: 'port' as const, requests: 1_000 },
	])(
		'answer $requests requests by $listen with one call for each distinct one, and book exactly that',
		async ({ listen, requests }) => {
			const distinct = requests / 5;
			stack.standIn.resetCalls();
			const outcome = await sendLoad(bases[listen](), `key-of-${listen}`, {
				requests,
				distinct,
				atOnce: AT_ONCE,
				question: (number) => `Question ${number} by ${listen}`,
				maxRetries: 0,
			});

			expect(outcome).toEqual({ right: requests, wrong: [], refusals: {} });
			expect(stack.standIn.calls().total).toBe(distinct);
			const hits = requests - distinct;
			expect(await booked(`${listen} load`, requests)).toEqual({
				calls: distinct,
				hits,
				lostCalls: 0,
			});
			for (const worker of stack.workers) expect(worker.executions().length).toBeGreaterThan(0);
		},
		300_000,
	);

	it('answer every client though a worker is killed, repeat no more calls than it had in hand, and book those as lost', async () => {
		const [requests, distinct] = [1_000, 200];
		stack.standIn.resetCalls();
		const before = stack.workers.reduce((sum, one) => sum + one.executions().length, 0);
		const load = sendLoad(bases.webhook(), 'key-of-killed', {
			requests,
			distinct,
			atOnce: AT_ONCE,
			question: (number) => `Question ${number} while a worker is killed`,
			// What the official client does unless told otherwise: n8n 2 gives a dead worker's jobs up.
			maxRetries: 2,
		});
		const until = async (holds: () => boolean) => {
			while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20));
		};
		const begun = () =>
			stack.workers.reduce((sum, one) => sum + one.executions().length, 0) - before;
		await until(() => stack.standIn.calls().total > distinct / 4);
		// All hands full, and each with a call that is not answered before its worker is killed.
		stack.standIn.fail({ delayMs: 8_000, times: Infinity });
		await until(
			() =>
				stack.workers.every((one) => one.inHand() === WORKER_CONCURRENCY) &&
				stack.standIn.calls().total === begun(),
		);
		const [, worker] = stack.workers;
		const inHand = worker!.inHand();
		await worker!.kill();
		stack.standIn.heal();
		const outcome = await load;
		const calls = stack.standIn.calls().total;
		const ledger = await booked('killed load', requests);
		process.stderr.write(`${JSON.stringify({ ...outcome, inHand, calls, ledger })}\n`);

		expect(outcome).toMatchObject({ right: requests, wrong: [] });
		expect(calls).toBe(distinct + inHand);
		expect(ledger).toEqual({ calls: distinct, hits: requests - distinct, lostCalls: inHand });
	}, 300_000);
});
