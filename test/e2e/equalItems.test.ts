import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { RedisServer } from '../../scripts/lib/redisServer.mjs';
import { startRedis } from '../../scripts/lib/redisServer.mjs';
import type { Workflow } from '../../scripts/lib/templates/fit.mjs';
import { fitTemplate, stableId } from '../../scripts/lib/templates/fit.mjs';
import { testCredentials } from '../support/gateway';
import type { TestN8n } from '../support/n8n';
import { backend, references, startTestN8n } from '../support/n8n';
import type { StandIn } from '../support/standInProvider';
import { startStandIn } from '../support/standInProvider';
import { node } from '../../scripts/lib/templates/node.mjs';

let standIn: StandIn;
let redis: RedisServer | undefined;
let n8n: TestN8n;

const to = (name: string, index = 0) => [{ node: name, type: 'main', index }];

/**
 * Webhook -> one item per ticket -> Lookup -(Miss)-> the model, whose reply is all that is left of the item -> IF and Merge
 * -> Store -> the ticket's number by n8n's item linking, beside the answer. A model that
 * fails goes to a lookup that falls back.
 */
function ticketsWorkflow(): Workflow {
	const report = {
		mode: 'raw',
		jsonOutput:
			"={{ { id: $('Tickets').item.json.id, text: $json.choices?.[0]?.message.content ?? $json.response?.choices[0].message.content ?? null, cache: $json.cache } }}",
		options: {},
	};
	return {
		name: 'Tickets',
		settings: { executionOrder: 'v1' },
		nodes: [
			node(
				'Receive',
				'n8n-nodes-base.webhook',
				2.1,
				{
					httpMethod: 'POST',
					path: 'tickets',
					responseMode: 'lastNode',
					responseData: 'allEntries',
					options: {},
				},
				{ webhookId: stableId('tickets') },
			),
			node('Tickets', 'n8n-nodes-base.splitOut', 1, {
				fieldToSplitOut: 'body.tickets',
				options: {},
			}),
			node('Lookup', 'n8n-nodes-prompt-cache.cacheLookup', 1, {
				options: { equalItems: 'once', ignoreFields: 'id' },
			}),
			node(
				'Model',
				'n8n-nodes-base.httpRequest',
				4.2,
				{
					method: 'POST',
					url: `${standIn.url}/v1/chat/completions`,
					sendBody: true,
					specifyBody: 'json',
					jsonBody:
						"={{ JSON.stringify({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: $json.prompt }] }) }}",
					options: {},
				},
				{ onError: 'continueErrorOutput' },
			),
			node('Odd?', 'n8n-nodes-base.if', 2.2, {
				conditions: {
					options: { version: 2, caseSensitive: true, leftValue: '', typeValidation: 'loose' },
					combinator: 'and',
					conditions: [
						{
							id: 'c',
							leftValue: "={{ $('Lookup').item.json.id % 2 }}",
							rightValue: 1,
							operator: { type: 'number', operation: 'equals' },
						},
					],
				},
				options: {},
			}),
			node('Store', 'n8n-nodes-prompt-cache.cacheStore', 1, {}),
			node('Fall back', 'n8n-nodes-prompt-cache.cacheLookup', 1, {
				operation: 'fallback',
				source: 'define',
				prompt: "={{ $('Lookup').item.json.prompt }}",
				options: {},
			}),
			node('Together', 'n8n-nodes-base.merge', 3, {}),
			node('Report', 'n8n-nodes-base.set', 3.4, report),
		],
		connections: {
			Receive: { main: [to('Tickets')] },
			Tickets: { main: [to('Lookup')] },
			Lookup: { main: [to('Report'), to('Model')] },
			Model: { main: [to('Odd?'), to('Fall back')] },
			'Odd?': { main: [to('Together'), to('Together', 1)] },
			Together: { main: [to('Store')] },
			Store: { main: [to('Report')] },
			'Fall back': { main: [to('Report'), to('Report')] },
		},
	};
}

beforeAll(async () => {
	standIn = await startStandIn();
	redis = backend === 'redis' ? await startRedis() : undefined;
	const credentials = testCredentials(standIn, redis);
	const { workflow } = fitTemplate(ticketsWorkflow(), {
		id: stableId('tickets'),
		credentials: references(credentials),
		backend,
	});
	n8n = await startTestN8n({ credentials, workflows: [workflow] });
}, 180_000);

afterAll(async () => {
	await n8n?.stop();
	await standIn?.stop();
	await redis?.close();
}, 60_000);

interface Ticket {
	id: number;
	text: string | null;
	cache: { status: string; stored?: boolean };
}

/** Thirty tickets of which eleven (numbers 0, 3, 6 … 27 and 28) ask the same. */
const tickets = (topic: string) =>
	Array.from({ length: 30 }, (_, id) => ({
		id,
		prompt: id % 3 === 0 || id === 28 ? `${topic} again` : `${topic} ${id}`,
	}));

async function send(topic: string): Promise<{ calls: number; answers: Ticket[] }> {
	const before = standIn.calls().total;
	const { status, body, text } = await n8n.post('tickets', { tickets: tickets(topic) });
	expect({ status, text }).toMatchObject({ status: 200 });
	const answers = body as unknown as Ticket[];
	return { calls: standIn.calls().total - before, answers };
}

const byId = (answers: Ticket[]) => [...answers].sort((a, b) => a.id - b.id);

describe(`thirty items in one batch, eleven of them equal, backend ${backend}`, () => {
	it('cost one call for each distinct one, and every item comes out with its own number and answer', async () => {
		const { calls, answers } = await send('Refund');
		expect(calls).toBe(20);
		expect(byId(answers).map(({ id }) => id)).toEqual(tickets('').map(({ id }) => id));
		for (const { id, text } of answers) expect(text).toContain(tickets('Refund')[id]!.prompt);
		expect(answers.filter(({ cache }) => cache.status === 'hit')).toHaveLength(10);
		expect(answers.every(({ cache }) => cache.stored)).toBe(true);
		expect((await send('Refund')).calls).toBe(0);
	});

	it('come out as misses, none missing, by the lookup that falls back where the model fails', async () => {
		standIn.fail({ status: 500, times: Infinity });
		const { calls, answers } = await send('Delivery');
		standIn.heal();
		expect(calls).toBe(20);
		expect(byId(answers).map(({ id }) => id)).toEqual(tickets('').map(({ id }) => id));
		for (const { text, cache } of answers)
			expect({ text, ...cache }).toMatchObject({ text: null, status: 'miss' });
	});
});
