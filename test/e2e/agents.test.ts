import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Credential } from '../../scripts/lib/n8nContent.mjs';
import type { RedisServer } from '../../scripts/lib/redisServer.mjs';
import { startRedis } from '../../scripts/lib/redisServer.mjs';
import { stableId } from '../../scripts/lib/templates/fit.mjs';
import type { AiWorkflowOptions, ProviderName } from '../support/aiWorkflows';
import { aiWorkflow, PARSER, PROVIDERS, ROOTS, THINK_TOOL } from '../support/aiWorkflows';
import type { TestN8n } from '../support/n8n';
import { backend, references, startTestN8n } from '../support/n8n';
import type { StandIn } from '../support/standInProvider';
import { startStandIn } from '../support/standInProvider';

let standIn: StandIn;
let redis: RedisServer | undefined;
let n8n: TestN8n;

const providers = (Object.keys(PROVIDERS) as ProviderName[]).filter((name) => name !== 'mistral');
const route = (name: string): string => name.replace(/ /g, '-');

function credentialsFor(url: string): Credential[] {
	const credential = (type: string, data: Credential['data']): Credential => ({
		id: stableId(`ai ${type}`),
		name: `Test ${type}`,
		type,
		data,
	});
	return [
		credential('openAiApi', { apiKey: 'stand-in', url: `${url}/v1` }),
		credential('anthropicApi', { apiKey: 'stand-in', url }),
		credential('googlePalmApi', { apiKey: 'stand-in', host: url }),
		credential('ollamaApi', { baseUrl: url }),
		credential('mistralCloudApi', { apiKey: 'stand-in' }),
		...(redis
			? [credential('promptCacheRedisApi', { host: '127.0.0.1', port: redis.port, database: 0 })]
			: []),
	];
}

beforeAll(async () => {
	standIn = await startStandIn();
	redis = backend === 'redis' ? await startRedis() : undefined;
	const held = credentialsFor(standIn.url);
	const credentials = references(held);
	const make = (options: Omit<AiWorkflowOptions, 'credentials' | 'backend'>) =>
		aiWorkflow({ ...options, credentials, backend });
	n8n = await startTestN8n({
		credentials: held,
		workflows: [
			...providers.map((model) =>
				make({ route: `chain-${route(model)}`, root: ROOTS.chain, model }),
			),
			...providers.map((model) =>
				make({
					route: `agent-${route(model)}`,
					root: ROOTS.agent,
					model,
					cache: { turns: 'all' },
					parts: [THINK_TOOL],
				}),
			),
			...providers.map((model) =>
				make({
					route: `stream-${route(model)}`,
					root: ROOTS.streamingAgent,
					model,
					cache: { turns: 'all' },
					parts: [THINK_TOOL],
					webhook: { responseMode: 'streaming' },
				}),
			),
			make({
				route: 'old-agent',
				root: ROOTS.oldAgent,
				model: 'openai chat',
				cache: { turns: 'all' },
				parts: [THINK_TOOL],
			}),
			make({ route: 'final-agent', root: ROOTS.agent, model: 'openai chat', parts: [THINK_TOOL] }),
			make({
				route: 'structured-chain',
				root: ROOTS.structuredChain,
				model: 'openai chat',
				parts: [PARSER],
			}),
			make({
				route: 'structured-agent',
				root: ROOTS.structuredAgent,
				model: 'openai chat',
				parts: [PARSER],
			}),
			make({
				route: 'batch',
				root: ROOTS.chain,
				model: 'openai chat',
				batch: true,
				webhook: { options: { responseData: 'allEntries' }, responseData: 'allEntries' },
			}),
			make({
				route: 'question-and-answer',
				root: ROOTS.questionAndAnswer,
				model: 'openai chat',
				parts: [
					{
						name: 'Retriever',
						type: 'retrieverVectorStore',
						version: 1,
						parameters: {},
						kind: 'ai_retriever',
					},
					{
						name: 'Store',
						type: 'vectorStoreInMemory',
						version: 1.3,
						parameters: {
							mode: 'retrieve',
							memoryKey: { __rl: true, mode: 'id', value: 'documents' },
						},
						kind: 'ai_vectorStore',
						of: 'Retriever',
					},
					{
						name: 'Embeddings',
						type: 'embeddingsOpenAi',
						version: 1.2,
						parameters: { model: 'text-embedding-3-small', options: {} },
						kind: 'ai_embedding',
						of: 'Store',
						credential: 'openAiApi',
					},
				],
			}),
		],
	});
}, 240_000);

afterAll(async () => {
	await n8n?.stop();
	await standIn?.stop();
	await redis?.close();
}, 60_000);

async function ask(path: string, body: unknown) {
	const before = standIn.calls().total;
	const answer = await n8n.post(path, body);
	return { ...answer, calls: standIn.calls().total - before };
}

describe(`a Cached Chat Model in a real n8n, backend ${backend}`, () => {
	it.each(providers)('answers a chain over %s again without a call', async (model) => {
		const first = await ask(`chain-${route(model)}`, { text: 'What is a cache?' });
		const second = await ask(`chain-${route(model)}`, { text: 'What is a cache?' });
		expect(first).toMatchObject({ status: 200, calls: 1 });
		expect(first.text).toContain('What is a cache?');
		expect(second).toMatchObject({ status: 200, calls: 0, text: first.text });
	});

	it.each(providers)(
		'answers an agent with a tool loop over %s again without a call',
		async (model) => {
			const first = await ask(`agent-${route(model)}`, { text: 'Please use tool now' });
			const second = await ask(`agent-${route(model)}`, { text: 'Please use tool now' });
			expect(first).toMatchObject({ status: 200, calls: 2 });
			expect(first.text).toContain('tool result');
			expect(second).toMatchObject({ status: 200, calls: 0, text: first.text });
		},
	);

	it.each(providers)('streams an agent over %s again without a call', async (model) => {
		const first = await ask(`stream-${route(model)}`, { text: 'Please use tool, streaming' });
		const second = await ask(`stream-${route(model)}`, { text: 'Please use tool, streaming' });
		expect(first).toMatchObject({ status: 200, calls: 2 });
		expect(second).toMatchObject({ status: 200, calls: 0 });
		expect(streamed(second.text)).toBe(streamed(first.text));
		expect(streamed(second.text)).toContain('tool result');
	});

	it('answers the older agent, which loops by itself, again without a call', async () => {
		const first = await ask('old-agent', { text: 'Please use tool' });
		const second = await ask('old-agent', { text: 'Please use tool' });
		expect(first).toMatchObject({ status: 200, calls: 2 });
		expect(second).toMatchObject({ status: 200, calls: 0, text: first.text });
	});

	it('keeps final answers only by default: tools run again, plain answers do not', async () => {
		await ask('final-agent', { text: 'Please use tool, final' });
		expect(await ask('final-agent', { text: 'Please use tool, final' })).toMatchObject({
			calls: 2,
		});
		await ask('final-agent', { text: 'No tools needed' });
		expect(await ask('final-agent', { text: 'No tools needed' })).toMatchObject({ calls: 0 });
	});

	it.each(['structured-chain', 'structured-agent'])(
		'gives the same structured answer again: %s',
		async (path) => {
			const question = {
				text: 'Structure this, please use tool. [[say:{"output":{"answer":"structured"}}]]',
			};
			const first = await ask(path, question);
			const second = await ask(path, question);
			expect(first).toMatchObject({
				status: 200,
				body: { output: { answer: expect.any(String) } },
			});
			expect(first.calls).toBeGreaterThan(0);
			expect(second).toMatchObject({ calls: 0, text: first.text });
		},
	);

	it('answers a Question and Answer chain again without a call to the chat model', async () => {
		const chats = () => standIn.calls().byRoute['POST /v1/chat/completions'] ?? 0;
		const before = chats();
		const first = await ask('question-and-answer', { text: 'What do the documents say?' });
		expect(chats()).toBe(before + 1);
		const second = await ask('question-and-answer', { text: 'What do the documents say?' });
		expect(chats()).toBe(before + 1);
		expect(second).toMatchObject({ status: 200, text: first.text });
	});

	it('answers a batch of 50 items again without a call', async () => {
		const items = Array.from({ length: 50 }, (_, number) => ({ text: `Item ${number}` }));
		const first = await ask('batch', { items });
		const second = await ask('batch', { items });
		expect(first).toMatchObject({ status: 200, calls: 50 });
		expect(JSON.parse(first.text)).toHaveLength(50);
		expect(second).toMatchObject({ status: 200, calls: 0, text: first.text });
	});
});

/** The text of n8n's NDJSON stream. */
function streamed(ndjson: string): string {
	return ndjson
		.split('\n')
		.filter((line) => line.trim() !== '')
		.map((line) => JSON.parse(line) as { type: string; content?: string })
		.map(({ type, content }) => (type === 'item' ? (content ?? '') : ''))
		.join('');
}
