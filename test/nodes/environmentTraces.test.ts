// First, since the others read the environment when they are loaded.
import '../support/tracesOn';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import type { IDataObject, INodeExecutionData, ISupplyDataFunctions } from 'n8n-workflow';
import { CacheLookup } from '../../nodes/CacheLookup/CacheLookup.node';
import { beginTurn } from '../../nodes/CachedChatModel/turnLog';
import { CostTracker } from '../../nodes/CostTracker/CostTracker.node';
import { bookAnswer } from '../../nodes/LlmEndpointTrigger/booking';
import type { ChatRecord } from '../../nodes/shared/core/chat/chatAnswer';
import { embeddedConnection } from '../../nodes/shared/n8n/connections';
import { flushTraces } from '../../nodes/shared/n8n/traces';
import type { AskedTurn } from '../../nodes/shared/services/chatTurn';
import { reply } from '../support/costTracker';
import { nodeContext } from '../support/nodeContext';
import { ownFolder } from '../support/ownFolder';
import { startOtlpReceiver, type OtlpReceiver } from '../support/otlpReceiver';

let collector: OtlpReceiver;
let folder: string;

beforeAll(async () => {
	collector = await startOtlpReceiver();
	process.env.OTEL_EXPORTER_OTLP_ENDPOINT = collector.url;
	folder = ownFolder('traces');
});

beforeEach(() => {
	collector.spans.length = 0;
});

afterAll(async () => {
	await flushTraces();
	await collector.stop();
});

const context = (execution: string, items: IDataObject[], parameters: IDataObject) =>
	nodeContext({
		folder,
		execution,
		items: items.map((json) => ({ json })),
		parameters: { backend: 'embedded', ...parameters },
	});
const lookUp = async (execution: string, items: IDataObject[]) =>
	await new CacheLookup().execute.call(
		context(execution, items, { operation: 'lookup', source: 'auto', namespace: 'default' }),
	);
const record = async (execution: string, items: INodeExecutionData[]) =>
	await new CostTracker().execute.call(
		context(
			execution,
			items.map(({ json }) => json),
			{ operation: 'record' },
		),
	);
const names = async () => {
	await flushTraces();
	return collector.spans.map(({ name }) => name);
};

describe('with traces on for all of n8n', () => {
	it('lookup and record of one execution send into one trace, each decision and call once', async () => {
		const [, misses] = await lookUp('61', [{ prompt: 'Who?' }]);
		const answered = { json: { ...misses![0]!.json, ...reply('gpt-4o', 100, 10) } };
		await record('61', [answered]);

		expect(await names()).toEqual(['invoke_workflow Support desk', 'cache miss', 'chat gpt-4o']);
		expect(new Set(collector.spans.map(({ traceId }) => traceId)).size).toBe(1);
		expect(collector.spans[1]!.attributes['prompt_cache.key']).toBe(
			collector.spans[2]!.attributes['prompt_cache.key'],
		);
	});

	it('every item of a lookup is told, but those that failed', async () => {
		const items = [{ prompt: 'One?' }, { nothing: 'here' }, { prompt: 'Two?' }];
		const failing = context('62', items, { operation: 'lookup', source: 'auto' });
		Object.assign(failing, { continueOnFail: () => true });
		await new CacheLookup().execute.call(failing);
		expect((await names()).filter((name) => name === 'cache miss')).toHaveLength(2);
	});

	it('a call is not told again when a worker takes the execution up again', async () => {
		const items = [{ json: reply('gpt-4o', 100, 10) }];
		await record('63', items);
		await record('63', items);
		expect((await names()).filter((name) => name === 'chat gpt-4o')).toHaveLength(1);
	});

	it('a hit that Cache Lookup has told is not told again by Cost Tracker', async () => {
		const cache = { status: 'hit', key: 'k', namespace: 'default', lookupMs: 1 };
		await record('64', [{ json: { cache, response: reply('gpt-4o', 100, 10) } }]);
		expect(await names()).toEqual([]);
	});

	it('a turn of Cached Chat Model is told as a decision and, where the model was asked, a call', async () => {
		const logger = { debug: () => undefined };
		const ctx = {
			...nodeContext({ folder, execution: '65', items: [], parameters: { backend: 'embedded' } }),
			addInputData: () => ({ index: 0 }),
			addOutputData: () => undefined,
			logger,
		} as unknown as ISupplyDataFunctions;
		const settings = {
			namespace: 'agents',
			tags: [],
			ledger: undefined,
			answered: () => undefined,
		};
		const request = { provider: 'openai', model: 'gpt-4o-mini', messages: [] };
		const asked = { key: 'k', status: 'miss', reasons: [], lookupMs: 2 } as unknown as AskedTurn;
		const answer: ChatRecord = {
			text: 'Hi',
			finish_reason: 'stop',
			message: {
				content: 'Hi',
				tool_calls: [],
				additional_kwargs: {},
				response_metadata: { model_name: 'gpt-4o-mini' },
			},
			usage: { input_tokens: 2006, output_tokens: 300, total_tokens: 2306 },
		};
		const called = beginTurn(ctx, settings, request, undefined);
		const whole = { record: answer, invalidToolCalls: 0, media: false, streamed: false };
		called.answered(asked, whole, { stored: false, reasons: [] }, undefined);
		beginTurn(ctx, settings, request, undefined).served(asked, {
			record: answer,
			status: 'hit',
			ageMs: 1000,
			ttlMs: 5000,
			latencyMs: 700,
		});

		expect(await names()).toEqual([
			'invoke_workflow Support desk',
			'cache miss',
			'chat gpt-4o-mini',
			'cache hit',
		]);
		expect(collector.spans[2]!.attributes).toMatchObject({
			'gen_ai.usage.input_tokens': 2006,
			'prompt_cache.cost.usd': 0.0004809,
			'prompt_cache.status': 'miss',
			'prompt_cache.namespace': 'agents',
		});
		expect(collector.spans[3]!.attributes).toMatchObject({
			'prompt_cache.saved.usd': 0.0004809,
			'prompt_cache.saved.latency_ms': 700,
		});
	});

	it('an answer that LLM Endpoint Trigger gave without an execution is a trace of its own', async () => {
		const connection = embeddedConnection(join(folder, 'n8n-nodes-prompt-cache'));
		const booked = {
			kind: 'hit' as const,
			key: 'k',
			body: reply('gpt-4o', 1000, 100) as never,
			model: 'gpt-4o',
			workflow: 'Gateway',
			namespace: 'default',
			latencyMs: 3,
			originalLatencyMs: 903,
		};
		bookAnswer(connection, booked);
		bookAnswer(connection, booked);

		expect(await names()).toEqual([
			'llm_endpoint Gateway',
			'cache hit',
			'llm_endpoint Gateway',
			'cache hit',
		]);
		expect(new Set(collector.spans.map(({ traceId }) => traceId)).size).toBe(2);
		expect(collector.spans[1]!.attributes).toMatchObject({
			'prompt_cache.key': 'k',
			'prompt_cache.saved.usd': 0.0035,
			'prompt_cache.saved.latency_ms': 900,
		});
	});
});
