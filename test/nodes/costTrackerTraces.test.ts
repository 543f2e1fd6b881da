import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { IDataObject, INodeExecutionData } from 'n8n-workflow';
import { flushTraces } from '../../nodes/shared/n8n/traces';
import { cached, costOf, inOwnFolders, reply, run, totals, type Run } from '../support/costTracker';
import { startOtlpReceiver, type OtlpReceiver } from '../support/otlpReceiver';

inOwnFolders();

let collector: OtlpReceiver;

beforeEach(async () => {
	collector = await startOtlpReceiver();
});

afterEach(async () => {
	collector.behave(200);
	await flushTraces();
	await collector.stop();
});

const KEY = 'a'.repeat(64);
/** What Cache Lookup writes on an item that it could not answer. */
const missed = (more: IDataObject = {}): IDataObject => ({
	cache: {
		status: 'miss',
		layer: null,
		key: KEY,
		namespace: 'acme',
		backend: 'embedded',
		reasons: ['question Where is Alice? became Where is Bob?'],
		lookupMs: 4,
		leader: true,
		lease: `token.0.${Date.now() - 900}`,
		...more,
	},
});

async function record(more: Partial<Run> = {}): Promise<INodeExecutionData[]> {
	const parameters = { traces: 'collector', tracesUrl: collector.url, ...more.parameters };
	const [items] = await run({ operation: 'record', ...more, parameters });
	await flushTraces();
	return items!;
}

const spanNamed = (name: string) => collector.spans.find((span) => span.name === name)!;

describe('Cost Tracker with a collector', () => {
	it('sends one span for the call and one for the decision before it, in one trace', async () => {
		const answer = { ...reply('gpt-4o-mini', 2006, 300, cached(1920)), ...missed() };
		const items = await record({ jsons: [answer], execution: '51' });

		expect(costOf(items[0])).toMatchObject({ usd: 0.0003369, hints: [] });
		expect(collector.spans.map(({ name }) => name)).toEqual([
			'invoke_workflow Support desk',
			'cache miss',
			'chat gpt-4o-mini',
		]);
		expect(new Set(collector.spans.map(({ traceId }) => traceId)).size).toBe(1);
		expect(spanNamed('chat gpt-4o-mini')).toMatchObject({
			kind: 3,
			attributes: {
				'gen_ai.operation.name': 'chat',
				'gen_ai.provider.name': 'openai',
				'gen_ai.request.model': 'gpt-4o-mini',
				'gen_ai.response.model': 'gpt-4o-mini',
				'gen_ai.response.id': 'chatcmpl-1',
				'gen_ai.usage.input_tokens': 2006,
				'gen_ai.usage.output_tokens': 300,
				'gen_ai.usage.cache_read.input_tokens': 1920,
				'gen_ai.usage.cost': 0.0003369,
				'prompt_cache.cost.usd': 0.0003369,
				'prompt_cache.cost.source': 'genai-prices 0.1.8',
				'prompt_cache.cost.estimated': false,
				'prompt_cache.provider_cache.saved_usd': 0.000144,
				'prompt_cache.status': 'miss',
				'prompt_cache.key': KEY,
				'prompt_cache.namespace': 'acme',
				'n8n.execution.id': '51',
				'n8n.workflow.name': 'Support desk',
				'n8n.node.name': 'Node under test',
			},
		});
		const { startMs, endMs, attributes } = spanNamed('cache miss');
		expect(endMs - startMs).toBe(4);
		expect(attributes).toMatchObject({
			'prompt_cache.status': 'miss',
			'prompt_cache.key': KEY,
			'prompt_cache.leader': true,
			'prompt_cache.lookup_ms': 4,
		});
		const call = spanNamed('chat gpt-4o-mini');
		expect(call.endMs - call.startMs).toBeGreaterThanOrEqual(900);
	});

	it('takes the decision from the lookup where a node between replaced the item', async () => {
		await record({ jsons: [reply('gpt-4o', 100, 10)], upstream: [missed()] });
		expect(spanNamed('cache miss').attributes['prompt_cache.key']).toBe(KEY);
		expect(spanNamed('chat gpt-4o').attributes['prompt_cache.status']).toBe('miss');
	});

	it('shows a hit as a decision with what it saved, and as no call with tokens', async () => {
		const saved = { tokens: 1100, usd: 0.0035, latencyMs: 800, model: 'gpt-4o' };
		const hit = missed({ status: 'hit', layer: 'exact', ageSeconds: 60, saved, lease: undefined });
		await record({ jsons: [{ ...hit, response: reply('gpt-4o', 1000, 100) }] });

		expect(collector.spans.map(({ name }) => name)).toEqual([
			'invoke_workflow Support desk',
			'cache hit',
		]);
		const { attributes } = spanNamed('cache hit');
		expect(attributes).toMatchObject({
			'prompt_cache.layer': 'exact',
			'prompt_cache.age_seconds': 60,
			'prompt_cache.cost.usd': 0,
			'prompt_cache.saved.usd': 0.0035,
			'prompt_cache.saved.tokens': 1100,
			'prompt_cache.saved.latency_ms': 800,
			'prompt_cache.saved.model': 'gpt-4o',
		});
		expect(Object.keys(attributes).filter((name) => name.startsWith('gen_ai.'))).toEqual([]);
	});

	it("shows a hit of LiteLLM's cache behind a miss of our own as a second decision", async () => {
		const headers = { 'x-litellm-cache-key': 'k', 'x-litellm-response-cost': '0' };
		const body = reply('gpt-4o', 100, 10);
		await record({ jsons: [{ statusCode: 200, headers, body, ...missed() }] });
		const names = collector.spans.map(({ name }) => name);
		expect(names).toEqual(['invoke_workflow Support desk', 'cache miss', 'cache hit']);
	});

	it('calls embeddings so, and leaves out what nobody reported', async () => {
		const body = {
			object: 'list',
			model: 'text-embedding-3-small',
			usage: { prompt_tokens: 9, total_tokens: 9 },
		};
		await record({ jsons: [{ ...body, data: [] }] });
		const { attributes } = spanNamed('embeddings text-embedding-3-small');
		expect(attributes).toMatchObject({ 'gen_ai.usage.input_tokens': 9 });
		expect(attributes).not.toHaveProperty('gen_ai.usage.output_tokens');
		await record({ jsons: [reply('model-of-nobody', 10, 5)] });
		expect(spanNamed('chat model-of-nobody').attributes).not.toHaveProperty(
			'prompt_cache.cost.usd',
		);
	});

	it('tells the decision once where two Cost Trackers follow the lookup', async () => {
		const small = { ...reply('gpt-4o-mini', 10, 5), ...missed() };
		await record({ jsons: [small], execution: '52' });
		await record({ jsons: [{ ...reply('gpt-4o', 10, 5), ...missed() }], execution: '52' });
		const names = collector.spans.map(({ name }) => name).sort();
		expect(names).toEqual([
			'cache miss',
			'chat gpt-4o',
			'chat gpt-4o-mini',
			'invoke_workflow Support desk',
		]);
	});

	it('tells a hit of every round of a loop, and once where two Cost Trackers follow in a round', async () => {
		const hit = missed({ status: 'hit', layer: 'exact', lease: undefined });
		for (const runs of [1, 1, 2, 3]) {
			const runData = { 'Cache Lookup': Array<IDataObject>(runs).fill({}) };
			await record({ jsons: [{}], upstream: [hit], runData, execution: '53' });
		}
		const names = collector.spans.map(({ name }) => name);
		expect(names.filter((name) => name === 'cache hit')).toHaveLength(3);
	});

	it('tells the decision to each collector where two Cost Trackers have their own', async () => {
		const other = await startOtlpReceiver();
		const answer = { ...reply('gpt-4o', 10, 5), ...missed() };
		for (const { url } of [collector, other]) {
			await record({ jsons: [answer], execution: '54', parameters: { tracesUrl: url } });
		}
		const told = [collector, other].map(({ spans }) => spans.map(({ name }) => name));
		await other.stop();
		expect(told).toEqual([
			expect.arrayContaining(['cache miss']),
			expect.arrayContaining(['cache miss']),
		]);
	});

	it.each(['tracesUrl', 'tracesHeaders', 'tracesAuthentication'])(
		'books and passes on where the expression of %s fails, and says so',
		async (name) => {
			const [item] = await record({ jsons: [reply('gpt-4o', 100, 10)], broken: [name] });
			expect(costOf(item).hints).toEqual(["Traces are not sent: Referenced node doesn't exist"]);
			expect(await totals()).toMatchObject({ calls: 1 });
			expect(collector.requests).toEqual([]);
		},
	);

	it('sends no text: no prompt, no answer, no reason, no matched prompt', async () => {
		const near = { status: 'hit', layer: 'semantic', matchedPrompt: 'Where is Alice?' };
		const answer = { choices: [{ message: { content: 'Alice is at home' } }] };
		await record({
			jsons: [
				{ prompt: 'Where is Alice?', ...reply('gpt-4o', 10, 5), ...answer, ...missed() },
				{ response: { ...reply('gpt-4o', 10, 5), ...answer }, ...missed(near) },
			],
		});
		expect(collector.spans).toHaveLength(4);
		expect(JSON.stringify(collector.spans)).not.toContain('Alice');
	});

	it('sends the credential as Basic auth, as Langfuse wants it', async () => {
		await record({
			jsons: [reply('gpt-4o', 10, 5)],
			parameters: { tracesAuthentication: 'basicAuth', tracesHeaders: 'x-more=1' },
			credentials: { user: 'pk-lf-1', password: 'sk-lf-2' },
		});
		expect(collector.requests[0]?.headers).toMatchObject({
			authorization: `Basic ${Buffer.from('pk-lf-1:sk-lf-2').toString('base64')}`,
			'x-more': '1',
		});
	});

	it.each([
		['an address that is none', { tracesUrl: 'localhost' }, 'not an http or https address'],
		['headers that are none', { tracesHeaders: 'secret' }, 'not of the form name=value'],
		[
			'a credential for other hosts',
			{ tracesAuthentication: 'headerAuth' },
			'the credential does not allow this address',
		],
	])('with %s books and passes on, and says so', async (_what, parameters, reason) => {
		const [item] = await record({
			jsons: [reply('gpt-4o', 100, 10)],
			parameters,
			credentials: {
				name: 'x-key',
				value: 'sk-secret',
				allowedHttpRequestDomains: 'domains',
				allowedDomains: 'langfuse.com, *.example.com',
			},
		});
		expect(costOf(item).usd).toBe(0.00035);
		expect(costOf(item).hints).toEqual([expect.stringContaining(reason)]);
		expect(await totals()).toMatchObject({ calls: 1 });
		expect(collector.requests).toEqual([]);
		expect(JSON.stringify(item)).not.toContain('sk-secret');
	});

	it.each([401, 'silent' as const])('where the collector is %s books all the same', async (how) => {
		collector.behave(how);
		const [first] = await run({
			operation: 'record',
			jsons: [reply('gpt-4o', 100, 10)],
			parameters: { traces: 'collector', tracesUrl: collector.url },
		});
		expect(costOf(first![0])).toMatchObject({ usd: 0.00035, hints: [] });
		expect(await totals()).toMatchObject({ calls: 1 });
	});

	it('says on the next item that the collector refused', async () => {
		collector.behave(401);
		await record({ jsons: [reply('gpt-4o', 100, 10)] });
		const [next] = await record({ jsons: [reply('gpt-4o', 100, 10)] });
		expect(costOf(next).hints).toEqual(['Traces did not arrive: the collector answered 401']);
	});

	it('and without one sends nothing', async () => {
		await record({ jsons: [reply('gpt-4o', 100, 10)], parameters: { traces: 'environment' } });
		expect(collector.requests).toEqual([]);
	});
});
