import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startRedis, type RedisServer } from '../../scripts/lib/redisServer.mjs';
import { stableId, type Workflow } from '../../scripts/lib/templates/fit.mjs';
import { testCredentials } from '../support/gateway';
import { startMlflow, type Mlflow, type MlflowSpan } from '../support/mlflow';
import { backend, references, startTestN8n, template, type TestN8n } from '../support/n8n';
import { startOtlpReceiver, type OtlpReceiver } from '../support/otlpReceiver';
import { startStandIn, type StandIn } from '../support/standInProvider';

const program = process.env.PROMPT_CACHE_MLFLOW;
const withMlflow = program ? it : it.skip;
if (!program) console.warn('Template 14 is not tested: PROMPT_CACHE_MLFLOW names no program');

const KEY = { 'x-api-key': 'end-to-end' };
const ROUTE = 'traced-questions';

let mlflow: Mlflow;
/** The collector of all nodes, by the environment, beside that of the template. */
let ofAll: OtlpReceiver;
let standIn: StandIn;
let redis: RedisServer | undefined;
let n8n: TestN8n;

beforeAll(async () => {
	if (!program) return;
	standIn = await startStandIn();
	redis = backend === 'redis' ? await startRedis() : undefined;
	ofAll = await startOtlpReceiver();
	mlflow = await startMlflow(program);
	const credentials = testCredentials(standIn, redis);
	const workflow = template('14-mlflow-tracing.json', {
		id: stableId('e2e mlflow'),
		credentials: references(credentials),
		settings: { modelUrl: `${standIn.url}/v1`, model: 'gpt-4o-mini' },
		backend,
		change: (copy: Workflow) => {
			const tracker = copy.nodes.find(({ type }) => type.endsWith('.costTracker'))!;
			tracker.parameters.tracesUrl = mlflow.url;
		},
	});
	const env = { N8N_PROMPT_CACHE_TRACES: 'true', OTEL_EXPORTER_OTLP_ENDPOINT: ofAll.url };
	n8n = await startTestN8n({ credentials, workflows: [workflow], env }, KEY);
}, 420_000);

afterAll(async () => {
	await n8n?.stop();
	await mlflow?.stop();
	await ofAll?.stop();
	await redis?.close();
	await standIn?.stop();
}, 60_000);

/** Traces arrive a moment after the answer. */
async function tracesOnceThereAre(count: number) {
	for (;;) {
		const traces = await mlflow.traces();
		if (traces.reduce((sum, { spans }) => sum + spans.length, 0) >= count) return traces;
		await new Promise((resolve) => setTimeout(resolve, 250));
	}
}

/** MLflow keeps attributes as JSON texts. */
const attributesOf = ({ attributes }: MlflowSpan): Record<string, unknown> =>
	Object.fromEntries(
		Object.entries(attributes).map(([name, value]) => [name, JSON.parse(String(value)) as unknown]),
	);

describe(`template 14 in a real n8n, before a real MLflow, backend ${backend}`, () => {
	withMlflow(
		'a miss and a hit are a trace each: one span for each decision, one for the call',
		async () => {
			const question = { prompt: 'What is traced?' };
			const first = await n8n.post(ROUTE, question);
			const second = await n8n.post(ROUTE, question);
			const cost = (answer: typeof first) => answer.body.cost as unknown as Record<string, unknown>;

			expect(first).toMatchObject({ status: 200, body: { cache: { status: 'miss', backend } } });
			expect(second).toMatchObject({ status: 200, body: { cache: { status: 'hit', backend } } });
			expect(second.body.answer).toBe(first.body.answer);
			expect(standIn.calls().total).toBe(1);
			expect(cost(first)).toMatchObject({ cacheHit: false, model: 'gpt-4o-mini', hints: [] });
			expect(cost(second)).toMatchObject({ usd: 0, cacheHit: true, avoidedUsd: cost(first).usd });

			// Root, decision and call of the miss; root and decision of the hit.
			const [missed, hit, ...others] = await tracesOnceThereAre(5);
			expect(others).toEqual([]);
			expect(missed!.spans.map(({ name }) => name).sort()).toEqual([
				'cache miss',
				'chat gpt-4o-mini',
				'invoke_workflow 14 MLflow tracing',
			]);
			expect(hit!.spans.map(({ name }) => name).sort()).toEqual([
				'cache hit',
				'invoke_workflow 14 MLflow tracing',
			]);
			expect([missed!.state, hit!.state]).toEqual(['OK', 'OK']);

			const call = missed!.spans.find(({ name }) => name.startsWith('chat'))!;
			const usage = cost(first).usage as Record<string, number>;
			expect(attributesOf(call)).toMatchObject({
				'mlflow.spanType': 'CHAT_MODEL',
				'gen_ai.provider.name': 'openai',
				'gen_ai.request.model': 'gpt-4o-mini',
				'gen_ai.usage.input_tokens': usage.inputUncached,
				'gen_ai.usage.output_tokens': usage.outputText,
				'prompt_cache.cost.usd': cost(first).usd,
				'prompt_cache.status': 'miss',
				'n8n.workflow.name': '14 MLflow tracing',
			});
			expect(JSON.parse(missed!.metadata['mlflow.trace.tokenUsage']!)).toMatchObject({
				input_tokens: usage.inputUncached,
				output_tokens: usage.outputText,
			});

			const decision = hit!.spans.find(({ name }) => name === 'cache hit')!;
			expect(attributesOf(decision)).toMatchObject({
				'prompt_cache.layer': 'exact',
				'prompt_cache.backend': backend,
				'prompt_cache.cost.usd': 0,
				'prompt_cache.saved.usd': cost(first).usd,
			});
			expect(JSON.stringify([missed, hit])).not.toContain('What is traced?');
		},
		120_000,
	);

	withMlflow("every node has told the environment's collector too, each thing once", async () => {
		while (ofAll.spans.length < 5) await new Promise((resolve) => setTimeout(resolve, 100));
		const told = ofAll.spans.map(({ name, attributes }) => [name, attributes['n8n.node.name']]);
		expect(told.filter(([, node]) => node !== undefined)).toEqual([
			['cache miss', 'Look up in cache'],
			['chat gpt-4o-mini', 'Book and trace'],
			['cache hit', 'Look up in cache'],
		]);
		expect(new Set(ofAll.spans.map(({ traceId }) => traceId)).size).toBe(2);
		expect((await mlflow.traces()).map(({ id }) => id)).toEqual([
			...new Set(ofAll.spans.map(({ traceId }) => `tr-${traceId}`)),
		]);
	});

	withMlflow('while MLflow is gone questions are answered all the same', async () => {
		await mlflow.stop();
		for (const prompt of ['Still there?', 'What is traced?']) {
			const answer = await n8n.post(ROUTE, { prompt });
			expect(answer).toMatchObject({ status: 200, body: { cost: { hints: [] } } });
		}
		expect(n8n.log()).not.toMatch(/unhandled/i);
	});
});
