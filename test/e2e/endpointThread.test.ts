import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { stableId, type Workflow } from '../../scripts/lib/templates/fit.mjs';
import { ALICE, startEndpoints, type TestEndpoints } from '../support/endpoint';
import { backend } from '../support/n8n';
import { until } from '../support/redisCluster';

const crashFile = path.join(os.tmpdir(), `prompt-cache-crash-${randomUUID()}`);
const crash = path.join(__dirname, '..', 'support', 'crash.js');

/** Some seconds of work in n8n's own thread: expressions are worked out there. */
const WORK =
	'={{ Array.from({ length: 4000 }, (_, at) => Array.from({ length: 10000 }, (_, n) => n ^ at).length).length }}';

const busy = {
	id: stableId('busy'),
	name: 'Busy',
	active: false,
	nodes: [
		{
			id: stableId('busy hook'),
			name: 'Webhook',
			type: 'n8n-nodes-base.webhook',
			typeVersion: 2.1,
			position: [0, 0],
			webhookId: 'busy',
			parameters: { httpMethod: 'POST', path: 'busy', responseMode: 'lastNode', options: {} },
		},
		{
			id: stableId('busy work'),
			name: 'Work',
			type: 'n8n-nodes-base.set',
			typeVersion: 3.4,
			position: [200, 0],
			parameters: { mode: 'raw', jsonOutput: `={"done": ${WORK.slice(1)}}`, options: {} },
		},
	],
	connections: { Webhook: { main: [[{ node: 'Work', type: 'main', index: 0 }]] } },
	settings: { executionOrder: 'v1' },
} as unknown as Workflow;

let endpoints: TestEndpoints;

beforeAll(async () => {
	endpoints = await startEndpoints(
		['one', 'two'].map((at) => ({ listen: 'port', path: at })),
		{
			extra: [busy],
			env: {
				N8N_EXPRESSION_ENGINE: 'legacy',
				NODE_OPTIONS: `--require=${crash}`,
				PROMPT_CACHE_TEST_CRASH: crashFile,
			},
		},
	);
	await until(answers('one'));
	await until(answers('two'));
}, 180_000);

afterAll(() => endpoints?.stop(), 60_000);

const ask = (at: string, content: string) =>
	fetch(`${endpoints.base('port', at)}/v1/chat/completions`, {
		method: 'POST',
		headers: { 'content-type': 'application/json', authorization: `Bearer ${ALICE}` },
		body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content }] }),
	});

const statusOf = async (at: string, content: string) => {
	const answer = await ask(at, content);
	await answer.text();
	return [answer.status, answer.headers.get('x-prompt-cache-status')];
};

/** Whether anything answers at a path. */
const answers = (at: string) => async () =>
	(await fetch(endpoints.base('port', at)).catch(() => undefined)) !== undefined;

describe(`the thread that answers at ports, backend ${backend}`, () => {
	it('answers hits while an execution keeps the whole of n8n busy', async () => {
		expect(await statusOf('one', 'asked before')).toEqual([200, 'miss']);
		const over: string[] = [];
		const work = endpoints.n8n.post('busy', {}).then((answer) => {
			over.push('work');
			return answer;
		});
		const readiness = `${endpoints.n8n.url}/healthz/readiness`;
		await until(async () => {
			const signal = AbortSignal.timeout(300);
			return fetch(readiness, { signal }).then(
				() => false,
				() => true,
			);
		});
		for (let times = 0; times < 20; times++) {
			expect(await statusOf('one', 'asked before')).toEqual([200, 'hit']);
		}
		over.push('hits');
		expect((await work).body).toMatchObject({ done: 4000 });
		expect(over).toEqual(['hits', 'work']);
	}, 60_000);

	it('is started again when it dies: who waited is cut off, n8n goes on, and what was stored is a hit', async () => {
		expect((await statusOf('two', 'kept over a death'))[0]).toBe(200);
		endpoints.standIn.resetCalls();
		endpoints.standIn.fail({ delayMs: 2_000 });
		const cut = expect(ask('one', 'answered too late')).rejects.toThrow();
		await endpoints.callArrived();
		fs.writeFileSync(crashFile, '');
		await cut;
		endpoints.standIn.heal();

		await until(answers('one'));
		await until(answers('two'));
		expect(await statusOf('two', 'kept over a death')).toEqual([200, 'hit']);
		expect(await statusOf('one', 'asked after it')).toEqual([200, 'miss']);
		expect(endpoints.n8n.log()).toContain('its thread ended (thrown in the thread)');
	}, 60_000);

	it('does not keep n8n from ending in good order', async () => {
		expect(await endpoints.n8n.restart()).toMatchObject({ code: 0, signal: null });
		await until(answers('two'));
		expect(await statusOf('two', 'kept over a death')).toEqual([200, 'hit']);
	}, 90_000);
});
