import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { RedisServer } from '../../scripts/lib/redisServer.mjs';
import { startRedis } from '../../scripts/lib/redisServer.mjs';
import type { Workflow, WorkflowNode } from '../../scripts/lib/templates/fit.mjs';
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

const lookup = (parameters: Record<string, unknown>) =>
	node('Lookup', 'n8n-nodes-prompt-cache.cacheLookup', 1, parameters, {
		onError: 'continueRegularOutput',
	});

/**
 * Webhook -> one item per element of `items` -> Lookup -> an answer for each -> Store -> a report of
 * what Lookup and Store said of each item.
 */
function itemsWorkflow(path: string, lookupNode: WorkflowNode): Workflow {
	const names = ['Receive', 'Split', 'Lookup', 'Answer', 'Store', 'Report'];
	const connections = Object.fromEntries(
		names.slice(0, -1).map((name, at) => {
			const next = [{ node: names[at + 1], type: 'main', index: 0 }];
			return [name, { main: name === 'Lookup' ? [[], next] : [next] }];
		}),
	);
	return {
		name: `Items for ${path}`,
		settings: { executionOrder: 'v1' },
		nodes: [
			node(
				'Receive',
				'n8n-nodes-base.webhook',
				2.1,
				{
					httpMethod: 'POST',
					path,
					responseMode: 'lastNode',
					responseData: 'allEntries',
					options: {},
				},
				{ webhookId: stableId(path) },
			),
			node('Split', 'n8n-nodes-base.splitOut', 1, { fieldToSplitOut: 'body.items', options: {} }),
			lookupNode,
			node('Answer', 'n8n-nodes-base.set', 3.4, {
				assignments: {
					assignments: [{ id: 'a', name: 'answer', value: 'An answer', type: 'string' }],
				},
				includeOtherFields: true,
				options: {},
			}),
			node(
				'Store',
				'n8n-nodes-prompt-cache.cacheStore',
				1,
				{ options: {} },
				{
					onError: 'continueRegularOutput',
				},
			),
			node('Report', 'n8n-nodes-base.set', 3.4, {
				mode: 'raw',
				jsonOutput:
					"={{ { error: $('Lookup').all(1)[$itemIndex].json.error, cache: $json.cache } }}",
				options: {},
			}),
		],
		connections,
	};
}

const SMALL_LIMIT = 2000;
const workflows = [
	itemsWorkflow('auto', lookup({ options: {} })),
	itemsWorkflow('small', lookup({ options: { maxRequestBytes: SMALL_LIMIT } })),
	itemsWorkflow(
		'define',
		lookup({ source: 'define', messages: '={{ $json.messages }}', body: '={{ $json.request }}' }),
	),
	itemsWorkflow('parameters', lookup({ modelParameters: '={{ $json.parameters }}', options: {} })),
	itemsWorkflow('backend', lookup({ options: {} })),
];

beforeAll(async () => {
	standIn = await startStandIn();
	redis = backend === 'redis' ? await startRedis() : undefined;
	const credentials = testCredentials(standIn, redis);
	n8n = await startTestN8n({
		credentials,
		workflows: workflows.map((workflow) => {
			const path = String(workflow.nodes[0]?.parameters.path);
			const options = { id: stableId(path), credentials: references(credentials), backend };
			return fitTemplate(workflow, {
				...options,
				change: ({ nodes }) => {
					const found = nodes.find(({ name }) => name === 'Lookup');
					if (path === 'backend' && found) found.parameters.backend = 'memcached';
				},
			}).workflow;
		}),
	});
}, 180_000);

afterAll(async () => {
	await n8n?.stop();
	await standIn?.stop();
	await redis?.close();
}, 60_000);

interface ResultItem {
	error?: string;
	cache?: { status?: string; stored?: boolean };
}

async function send(path: string, items: unknown[]): Promise<ResultItem[]> {
	const { status, body, text } = await n8n.post(path, { items });
	expect({ status, text }).toMatchObject({ status: 200 });
	return body as unknown as ResultItem[];
}

let number = 0;
/** A good item that no test has asked before. */
const good = () => ({ messages: [{ role: 'user', content: `Good item ${number++}` }] });

/** One bad item between two good ones: its error, after checking that the others went on. */
async function errorAmongGood(path: string, bad: unknown): Promise<string> {
	const results = await send(path, [good(), bad, good()]);
	expect(results).toHaveLength(3);
	const [before, failed, after] = results;
	for (const item of [before, after]) expect(item).toMatchObject({ cache: { stored: true } });
	expect(failed?.cache?.stored).not.toBe(true);
	return String(failed?.error);
}

describe(`bad input under "Continue on Fail", backend ${backend}`, () => {
	it('says where it looked when an item has no request', async () => {
		const error = await errorAmongGood('auto', { ticket: 17 });
		expect(error).toContain('No request was found');
		expect(error).toContain('item 1');
	});

	it('names messages that are no list', async () => {
		const error = await errorAmongGood('auto', { messages: 'hello' });
		expect(error).toContain('messages');
		expect(error).toContain('item 1');
	});

	it('names the parameter whose JSON does not parse', async () => {
		const error = await errorAmongGood('parameters', {
			prompt: 'x',
			parameters: '{"temperature":',
		});
		expect(error).toContain('Model Parameters');
		expect(error).toContain('item 1');
	});

	it('names a given body that does not parse', async () => {
		const error = await errorAmongGood('define', { request: '{"messages": [' });
		expect(error).toContain('Body');
		expect(error).toContain('item 1');
	});

	it('names the limit that a request is over', async () => {
		const error = await errorAmongGood('small', { prompt: 'long '.repeat(SMALL_LIMIT) });
		expect(error).toMatch(/Largest Request/);
		expect(error).toContain('item 1');
	});

	it('names a backend that it does not know, for every item', async () => {
		const results = await send('backend', [good(), good()]);
		expect(results.map(({ error }) => error)).toEqual([
			expect.stringMatching(/"memcached".*Backend.*item 0/),
			expect.stringMatching(/"memcached".*Backend.*item 1/),
		]);
		expect(results.some(({ cache }) => cache?.stored)).toBe(false);
	});

	it('stores nothing for a bad item: asked again, it fails again and is no hit', async () => {
		const bad = { messages: 'hello' };
		await send('auto', [bad]);
		const [again] = await send('auto', [bad]);
		expect(again?.error).toContain('messages');
		expect(again?.cache?.stored).not.toBe(true);
	});

	it('leaves no unhandled rejection in the log of n8n', () => {
		expect(n8n.log()).not.toMatch(/unhandled/i);
	});
});
