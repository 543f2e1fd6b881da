import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import OpenAI from 'openai';
import type { RedisServer } from '../../scripts/lib/redisServer.mjs';
import { startRedis } from '../../scripts/lib/redisServer.mjs';
import type { Workflow } from '../../scripts/lib/templates/fit.mjs';
import { fitTemplate, stableId } from '../../scripts/lib/templates/fit.mjs';
import { testCredentials } from '../support/gateway';
import type { TestN8n } from '../support/n8n';
import { backend, references, startTestN8n, template } from '../support/n8n';
import type { StandIn } from '../support/standInProvider';
import { startStandIn } from '../support/standInProvider';

const KEY = 'key-of-the-template-test';
let standIn: StandIn;
let redis: RedisServer | undefined;
let n8n: TestN8n;

/** A webhook that answers what the ledger knows. */
const reportWorkflow = {
	name: 'Report',
	active: false,
	nodes: [
		{
			id: stableId('report hook'),
			name: 'Webhook',
			type: 'n8n-nodes-base.webhook',
			typeVersion: 2.1,
			position: [0, 0],
			parameters: { httpMethod: 'POST', path: 'report', responseMode: 'lastNode', options: {} },
			webhookId: 'report',
		},
		{
			id: stableId('report node'),
			name: 'Report',
			type: 'n8n-nodes-prompt-cache.costTracker',
			typeVersion: 1,
			position: [200, 0],
			parameters: { operation: 'report' },
		},
	],
	connections: { Webhook: { main: [[{ node: 'Report', type: 'main', index: 0 }]] } },
	settings: { executionOrder: 'v1' },
} as unknown as Workflow;

beforeAll(async () => {
	standIn = await startStandIn();
	redis = backend === 'redis' ? await startRedis() : undefined;
	const credentials = testCredentials(standIn, redis);
	const settings = {
		smallModelUrl: `${standIn.url}/v1`,
		smallModel: 'stand-in-small',
		largeModelUrl: `${standIn.url}/v1`,
		largeModel: 'gpt-4o-mini',
	};
	const options = { credentials: references(credentials), settings, backend };
	const change = (workflow: Workflow) => {
		for (const { type, parameters } of workflow.nodes) {
			if (!type.endsWith('.llmEndpointTrigger')) continue;
			parameters.keys = { key: [{ key: KEY, name: 'tester', namespace: 'testers' }] };
		}
	};
	const id = stableId('e2e openai gateway');
	const report = fitTemplate(reportWorkflow, { ...options, id: stableId('e2e report') });
	n8n = await startTestN8n({
		credentials,
		workflows: [template('02-openai-gateway.json', { ...options, id, change }), report.workflow],
	});
}, 180_000);

afterAll(async () => {
	await n8n?.stop();
	await standIn?.stop();
	await redis?.close();
}, 60_000);

const client = () =>
	new OpenAI({ baseURL: `${n8n.url}/webhook/llm/v1`, apiKey: KEY, maxRetries: 0 });

const ask = (content: string) =>
	client()
		.chat.completions.create({ model: 'auto', messages: [{ role: 'user', content }] })
		.withResponse();

const modelsAsked = () => standIn.calls().requests.map(({ body }) => body.model);

const EASY = 'Translate to French: Good morning';
const HARD =
	'Prove that the square root of 2 is irrational, then derive step by step the asymptotic complexity of Dijkstra with a Fibonacci heap, and implement it in Rust with tests.';

describe(`template 02 in a real n8n, backend ${backend}`, () => {
	it('sends an easy request to the small model, a hard one to the large model, and prices the answer', async () => {
		standIn.resetCalls();
		const easy = await ask(EASY);
		const hard = await ask(HARD);

		expect(modelsAsked()).toEqual(['stand-in-small', 'gpt-4o-mini']);
		expect(easy.data.choices[0]?.message.content).toContain('Good morning');
		expect(Number(hard.response.headers.get('x-prompt-cache-cost'))).toBeGreaterThan(0);
		expect(Object.keys(hard.data)).not.toContain('cost');
	});

	it('answers both again, whole and streamed, without any model', async () => {
		standIn.resetCalls();
		const again = await ask(HARD);
		const stream = client().chat.completions.stream({
			model: 'auto',
			messages: [{ role: 'user', content: EASY }],
		});
		const streamed = await stream.finalChatCompletion();

		expect(again.response.headers.get('x-prompt-cache-status')).toBe('hit');
		expect(streamed.choices[0]?.message.content).toContain('Good morning');
		expect(standIn.calls().total).toBe(0);
	});

	it('makes embeddings, and passes a failure of the provider on in the shape of OpenAI', async () => {
		const embedded = await client().embeddings.create({ model: 'any', input: 'a text' });
		expect(embedded.data[0]?.embedding.length).toBe(1536);
		standIn.fail({ status: 429, message: 'slow down' });
		await expect(ask('Fails once')).rejects.toThrow(OpenAI.RateLimitError);
	});

	it('has every call and every hit in the ledger, each once', async () => {
		type Totals = { calls: number; hits: number; avoidedUsd: number };
		let told: { report?: { totals: Totals } } = {};
		// The endpoint books once a second.
		for (let tries = 0; tries < 40 && told.report?.totals.hits !== 2; tries++) {
			told = (await n8n.post('report', {})).body as unknown as typeof told;
		}
		expect(told.report?.totals).toMatchObject({ calls: 3, hits: 2 });
		expect(told.report?.totals.avoidedUsd).toBeGreaterThan(0);
	});
});
