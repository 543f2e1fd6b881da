import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Credential } from '../../scripts/lib/n8nContent.mjs';
import type { RedisServer } from '../../scripts/lib/redisServer.mjs';
import { startRedis } from '../../scripts/lib/redisServer.mjs';
import { stableId } from '../../scripts/lib/templates/fit.mjs';
import type { AiWorkflowOptions, ProviderName } from '../support/aiWorkflows';
import {
	aiWorkflow,
	MEMORY,
	PARSER,
	PROVIDERS,
	ROOTS,
	THINK_TOOL,
	vectorStore,
} from '../support/aiWorkflows';
import type { TestN8n } from '../support/n8n';
import { backend, references, startTestN8n, template } from '../support/n8n';
import type { StandIn } from '../support/standInProvider';
import { startStandIn } from '../support/standInProvider';
import type { TlsProxy } from '../support/tlsProxy';
import { startTlsProxy } from '../support/tlsProxy';

let standIn: StandIn;
let redis: RedisServer | undefined;
let n8n: TestN8n;

let proxy: TlsProxy;

const providers = Object.keys(PROVIDERS) as ProviderName[];
const KEY = { 'x-api-key': 'end-to-end' };
const HARD =
	'Prove that there are infinitely many primes, then implement a lock-free queue in Rust and reason about its memory ordering.';

const route = (name: string): string => name.replace(/ /g, '-');

function credentialsFor(url: string): Credential[] {
	const credential = (type: string, data: Credential['data']): Credential => ({
		id: stableId(`ai ${type}`),
		name: `Test ${type}`,
		type,
		data,
	});
	return [
		credential('httpHeaderAuth', { name: 'x-api-key', value: KEY['x-api-key'] }),
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
	proxy = await startTlsProxy('api.mistral.ai', standIn.url);
	redis = backend === 'redis' ? await startRedis() : undefined;
	const held = credentialsFor(standIn.url);
	const credentials = references(held);
	const shipped = (file: string, name: string, settings: Record<string, unknown>) =>
		template(file, {
			id: stableId(`agents ${name}`),
			credentials,
			settings,
			backend,
			change: (workflow) => {
				const webhook = workflow.nodes.find(({ type }) => type.endsWith('.webhook'))!;
				Object.assign(webhook, { webhookId: `shipped-${name}` });
				webhook.parameters.path = name;
				workflow.name = name;
			},
		});
	const sentiment = '09-sentiment-small-model.json';
	const make = (options: Omit<AiWorkflowOptions, 'credentials' | 'backend'>) =>
		aiWorkflow({ ...options, credentials, backend });
	n8n = await startTestN8n(
		{
			env: proxy.env,
			credentials: held,
			workflows: [
				shipped('05-cached-agent.json', 'cached-agent', {}),
				shipped(sentiment, 'sentiment', { ollamaUrl: standIn.url, timeoutMs: 1000 }),
				shipped(sentiment, 'sentiment-nobody-there', { ollamaUrl: 'http://127.0.0.1:9' }),
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
				make({
					route: 'final-agent',
					root: ROOTS.agent,
					model: 'openai chat',
					parts: [THINK_TOOL],
				}),
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
					route: 'routed',
					root: ROOTS.agent,
					model: 'openai chat',
					smallModel: 'ollama',
					cache: { turns: 'all' },
					parts: [THINK_TOOL],
				}),
				make({
					route: 'memory',
					root: ROOTS.agent,
					model: 'openai chat',
					smallModel: 'ollama',
					parts: [MEMORY],
				}),
				make({
					route: 'routed-stream',
					root: ROOTS.streamingAgent,
					model: 'anthropic',
					smallModel: 'ollama',
					webhook: { responseMode: 'streaming' },
				}),
				make({
					route: 'tuned',
					root: ROOTS.chain,
					model: 'openai chat',
					modelParameters: { options: { temperature: '={{ $json.body.temperature }}' } },
				}),
				make({
					route: 'short-lived',
					root: ROOTS.chain,
					model: 'openai chat',
					cache: { ttlSeconds: 1, options: { ttlJitterPercent: 0 } },
				}),
				make({
					route: 'marked',
					root: ROOTS.agent,
					model: 'anthropic',
					cache: { turns: 'all', options: { providerCache: '5m' } },
					parts: [THINK_TOOL],
				}),
				make({
					route: 'near',
					root: ROOTS.chain,
					model: 'openai chat',
					cache: { match: 'semantic' },
				}),
				make({
					route: 'batch',
					root: ROOTS.chain,
					model: 'openai chat',
					batch: true,
					webhook: { options: { responseData: 'allEntries' }, responseData: 'allEntries' },
				}),
				make({
					route: 'insert',
					root: ROOTS.insert,
					batch: true,
					webhook: { responseData: 'allEntries' },
					parts: [
						...vectorStore('Root'),
						{
							name: 'Loader',
							type: 'documentDefaultDataLoader',
							version: 1.1,
							parameters: {
								jsonMode: 'expressionData',
								jsonData: '={{ $json.text }}',
								options: {},
							},
							kind: 'ai_document',
						},
					],
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
						...vectorStore('Store'),
					],
				}),
			],
		},
		KEY,
	);
}, 240_000);

afterAll(async () => {
	await n8n?.stop();
	await proxy?.stop();
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

	it('embeds each text once, and a question at all only the first time', async () => {
		const embedded = () =>
			standIn
				.calls()
				.requests.filter(({ route: to }) => to === 'POST /v1/embeddings')
				.map(({ body }) => body.input);
		const [one, two, three] = ['Paris is in France', 'Rome is in Italy', 'Oslo is in Norway'].map(
			(text) => ({ text }),
		);
		standIn.resetCalls();
		expect((await ask('insert', { items: [one, two] })).status).toBe(200);
		expect(embedded().flat()).toEqual([one!.text, two!.text]);

		standIn.resetCalls();
		expect((await ask('insert', { items: [one, two, three] })).status).toBe(200);
		expect(embedded().flat()).toEqual([three!.text]);

		standIn.resetCalls();
		const question = { text: 'Where is Oslo?' };
		const first = await ask('question-and-answer', question);
		expect(first.status).toBe(200);
		expect(JSON.stringify(standIn.calls().requests.at(-1))).toContain('Oslo is in Norway');
		expect(embedded()).toHaveLength(1);
		expect(await ask('question-and-answer', question)).toMatchObject({
			calls: 0,
			text: first.text,
		});
	});

	it('answers the same question in other words, and says what it matched', async () => {
		const first = await ask('near', { text: 'How do I reset my password?' });
		const again = await ask('near', { text: 'how can I reset my password' });
		expect(again).toMatchObject({ calls: 0, text: first.text });
		expect((await lastRunData()).Cache![0]).toMatchObject({
			cache: { hit: true, layer: 'semantic', matchedPrompt: 'How do I reset my password?' },
		});
		expect(await ask('near', { text: 'How do I reset my phone?' })).toMatchObject({ calls: 1 });
	});

	it('answers a batch of 50 items again without a call', async () => {
		const items = Array.from({ length: 50 }, (_, number) => ({ text: `Item ${number}` }));
		const first = await ask('batch', { items });
		const second = await ask('batch', { items });
		expect(first).toMatchObject({ status: 200, calls: 50 });
		expect(JSON.parse(first.text)).toHaveLength(50);
		expect(second).toMatchObject({ status: 200, calls: 0, text: first.text });
	});

	it('shows what a turn cost and saved, and lets n8n count tokens once', async () => {
		await ask('chain-openai-chat', { text: 'Count my tokens' });
		const miss = await lastRunData();
		expect(miss.Model).toHaveLength(1);
		expect(miss.Model![0]).toMatchObject({ tokenUsage: { promptTokens: expect.any(Number) } });
		expect(miss.Cache![0]).toMatchObject({
			cache: { status: 'miss', hit: false, stored: true, reasons: ['no entry for this prompt'] },
			cost: { usd: expect.any(Number), cacheHit: false, model: 'gpt-4o-mini', provider: 'openai' },
		});
		expect(JSON.stringify(miss.Cache)).not.toContain('tokenUsage');

		await ask('chain-openai-chat', { text: 'Count my tokens' });
		const hit = await lastRunData();
		expect(hit.Model).toBeUndefined();
		expect(JSON.stringify(hit)).not.toContain('tokenUsage');
		expect(hit.Cache![0]).toMatchObject({
			cache: { status: 'hit', hit: true, layer: 'exact', saved: { tokens: expect.any(Number) } },
			cost: { usd: 0, avoidedUsd: (miss.Cache![0]!.cost as { usd: number }).usd, cacheHit: true },
		});
	});

	it('explains a miss by what changed', async () => {
		await ask('tuned', { text: 'Explain me', temperature: 0.2 });
		await ask('tuned', { text: 'Explain me', temperature: 0.3 });
		expect((await lastRunData()).Cache![0]).toMatchObject({
			cache: { status: 'miss', reasons: ['temperature 0.2 became 0.3'] },
		});
	});

	it("serves cached answers while the provider is down, and passes the provider's own error on", async () => {
		await ask('chain-anthropic', { text: 'Known before the outage' });
		standIn.fail({ status: 400, message: 'no credit left', times: 1000 });
		try {
			expect(await ask('chain-anthropic', { text: 'Known before the outage' })).toMatchObject({
				status: 200,
				calls: 0,
			});
			expect((await ask('chain-anthropic', { text: 'Not known' })).status).toBe(500);
			expect(JSON.stringify(await lastErrors())).toContain('no credit left');
		} finally {
			standIn.heal();
		}
	});

	it('serves an expired answer within its grace period only while the provider fails', async () => {
		const first = await ask('short-lived', { text: 'Soon old' });
		await sleep(1200);
		standIn.fail({ status: 400, times: 1000 });
		try {
			expect(await ask('short-lived', { text: 'Soon old' })).toMatchObject({ text: first.text });
			expect((await lastRunData()).Cache![0]).toMatchObject({ cache: { status: 'stale' } });
		} finally {
			standIn.heal();
		}
		expect(await ask('short-lived', { text: 'Soon old' })).toMatchObject({ status: 200, calls: 1 });
	});

	it('makes one call for ten equal requests at once', async () => {
		standIn.resetCalls();
		standIn.fail({ delayMs: 500 });
		const all = await Promise.all(
			Array.from({ length: 10 }, () => n8n.post('chain-openai-chat', { text: 'All at once' })),
		);
		expect(standIn.calls().total).toBe(1);
		expect(new Set(all.map(({ text }) => text)).size).toBe(1);
	});

	it.each(['openai chat', 'anthropic', 'mistral'])(
		'stores no stream of %s that broke off, nor one that was cut',
		async (model) => {
			const path = `stream-${route(model)}`;
			const question = { text: 'A stream that breaks off in the middle' };
			standIn.fail({ breakAfter: 4, times: 3 });
			await ask(path, question);
			standIn.heal();
			const whole = await ask(path, question);
			expect(whole).toMatchObject({ calls: 1 });
			expect(streamed(whole.text)).toContain('breaks off in the middle');

			const cut = { text: 'A stream that ends too early [[length]]' };
			if (model === 'mistral') return; // LangChain drops its finish reason; see the unit tests.
			await ask(path, cut);
			expect(await ask(path, cut)).toMatchObject({ calls: 1 });
		},
	);

	it('sends an easy task to the small model, tools included, and a hard one to the large', async () => {
		standIn.resetCalls();
		const easy = 'Translate to French, please use tool: good morning';
		expect(await ask('routed', { text: easy })).toMatchObject({ status: 200, calls: 2 });
		expect(standIn.calls().byRoute).toEqual({ 'POST /api/chat': 2 });
		expect((await lastRunData())['Small Model']).toHaveLength(2);
		expect(await ask('routed', { text: easy })).toMatchObject({ status: 200, calls: 0 });

		standIn.resetCalls();
		expect(await ask('routed', { text: HARD })).toMatchObject({ status: 200, calls: 1 });
		expect(standIn.calls().byRoute).toEqual({ 'POST /v1/chat/completions': 1 });
	});

	it('streams from the small model under a large one of another provider', async () => {
		standIn.resetCalls();
		const text = 'Translate to French: good evening';
		const first = await ask('routed-stream', { text });
		expect(standIn.calls().byRoute).toEqual({ 'POST /api/chat': 1 });
		const second = await ask('routed-stream', { text });
		expect(second.calls).toBe(0);
		expect(streamed(first.text)).toContain('good evening');
		expect(streamed(second.text)).toBe(streamed(first.text));
	});

	it('keeps a conversation with the model that began it', async () => {
		standIn.resetCalls();
		await ask('memory', { text: 'Translate to French: good night', session: 'a' });
		await ask('memory', { text: HARD, session: 'a' });
		expect(standIn.calls().byRoute).toEqual({ 'POST /api/chat': 2 });
	});

	it("marks long beginnings for the provider's prompt cache", async () => {
		standIn.resetCalls();
		await ask('marked', {
			text: `Please use tool. ${'A long instruction that comes again. '.repeat(200)}`,
		});
		const sent = standIn.calls().requests.map(({ body }) => JSON.stringify(body));
		expect(sent).toHaveLength(2);
		for (const body of sent) expect(body).toContain('"cache_control":{"type":"ephemeral"}');
		const [, second] = (await lastRunData()).Cache!;
		expect(second).toMatchObject({ cost: { usage: { cacheRead: expect.any(Number) } } });
	});

	it('answers template 05 again without a call, for nothing, and counts every call once', async () => {
		const question = { question: `Please use tool price_list. ${HARD}` };
		const first = await ask('cached-agent', question);
		const runs = (await lastRunData())['Cached model']!;
		const spent = runs.reduce((sum, { cost }) => sum + (cost as { usd: number }).usd, 0);
		const second = await ask('cached-agent', question);
		expect(first).toMatchObject({ status: 200, calls: 2, body: { cost: { fromCache: false } } });
		expect(spent).toBeGreaterThan(0);
		expect(costOf(first).usd).toBeCloseTo(spent, 9);
		expect(second).toMatchObject({
			status: 200,
			calls: 0,
			body: { cost: { fromCache: true, usd: 0 } },
		});
		expect(costOf(second).avoidedUsd).toBeCloseTo(spent, 9);
		expect(second.body.answer).toBe(first.body.answer);
		expect(first.body.answer).toContain('tool result');
	});

	it.each([
		['positif', 'positif', true],
		['Negatif.', 'négatif', true],
		['Le sentiment est NEUTRE !', 'neutre', true],
		['Pas positif', 'neutre', false],
		['positif ou négatif', 'neutre', false],
		['Je ne sais pas', 'neutre', false],
	])(
		'reads the sentiment of template 09 in "%s": %s, certain: %s',
		async (said, sentiment, certain) => {
			const body = { text: `Un texte. [[say:${said}]]` };
			const first = await ask('sentiment', body);
			const second = await ask('sentiment', body);
			expect(first).toMatchObject({ status: 200, calls: 1, body: { sentiment, certain } });
			expect(second).toMatchObject({ calls: certain ? 0 : 1, body: { sentiment, certain } });
		},
	);

	it('tells in template 09 why there is no sentiment', async () => {
		expect(await ask('sentiment-nobody-there', { text: 'Personne' })).toMatchObject({
			status: 502,
			body: { sentiment: 'erreur_connexion' },
		});
		standIn.fail({ hang: true });
		expect(await ask('sentiment', { text: 'Silence' })).toMatchObject({
			status: 502,
			body: { sentiment: 'erreur_timeout' },
		});
		standIn.fail({ status: 500 });
		expect(await ask('sentiment', { text: 'Panne' })).toMatchObject({
			status: 502,
			body: { sentiment: 'erreur_generale' },
		});
		expect(await ask('sentiment', { ticket: 17 })).toMatchObject({ status: 400, calls: 0 });
	});

	it('leaves no unhandled rejection and no warning of its own in the log of n8n', () => {
		expect(n8n.log()).not.toMatch(/unhandled/i);
		expect(n8n.log()).not.toMatch(/problem logging/i);
	});
});

const costOf = ({ body }: { body: unknown }) =>
	(body as { cost: { usd: number; avoidedUsd: number } }).cost;

type RunData = Record<string, Array<Record<string, unknown>> | undefined>;

/** The last execution, as n8n saved it. */
async function lastExecution(): Promise<{ runData: Record<string, unknown[]> }> {
	const session = await n8n.logIn();
	for (let tries = 0; ; tries++) {
		if (tries > 200) throw new Error('n8n does not end its last execution');
		const { results } = (await session.call('GET', '/executions?limit=1')) as {
			results: Array<{ id: string; status: string }>;
		};
		const [last] = results;
		if (last && !['running', 'new'].includes(last.status)) {
			const { data } = (await session.call('GET', `/executions/${last.id}`)) as { data: string };
			return (unflatten(JSON.parse(data) as unknown[]) as { resultData: never }).resultData;
		}
		await sleep(50);
	}
}

/** What each AI node put out in the last execution, run by run. */
async function lastRunData(): Promise<RunData> {
	const { runData } = await lastExecution();
	const outputs = (runs: unknown[]) =>
		runs.flatMap((run) => {
			const { data } = run as {
				data?: { ai_languageModel?: [[{ json: Record<string, unknown> }]] };
			};
			return data?.ai_languageModel ? [data.ai_languageModel[0][0].json] : [];
		});
	return Object.fromEntries(
		Object.entries(runData).map(([node, runs]): [string, Array<Record<string, unknown>>] => [
			node,
			outputs(runs),
		]),
	);
}

async function lastErrors(): Promise<unknown[]> {
	const { runData } = await lastExecution();
	return Object.values(runData).flatMap((runs) =>
		runs.map((run) => (run as { error?: unknown }).error),
	);
}

/** n8n saves run data as a list in which every string that is a number points to another place of it. */
function unflatten(list: unknown[]): unknown {
	const made = new Map<number, unknown>();
	const at = (index: number): unknown => {
		if (made.has(index)) return made.get(index);
		const value = list[index];
		if (typeof value !== 'object' || value === null) return value;
		const copy: Record<string, unknown> | unknown[] = Array.isArray(value) ? [] : {};
		made.set(index, copy);
		for (const [name, inner] of Object.entries(value)) {
			(copy as Record<string, unknown>)[name] =
				typeof inner === 'string' ? at(Number(inner)) : inner;
		}
		return copy;
	};
	return at(0);
}

/** The text of n8n's NDJSON stream. */
function streamed(ndjson: string): string {
	return ndjson
		.split('\n')
		.filter((line) => line.trim() !== '')
		.map((line) => JSON.parse(line) as { type: string; content?: string })
		.map(({ type, content }) => (type === 'item' ? (content ?? '') : ''))
		.join('');
}
