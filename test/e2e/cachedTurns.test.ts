import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Agents } from '../support/agents';
import { startAgents, streamed } from '../support/agents';
import type { ProviderName } from '../support/aiProviders';
import { MEMORY, ROOTS, THINK_TOOL } from '../support/aiWorkflows';
import { backend } from '../support/n8n';

const HARD =
	'Prove that there are infinitely many primes, then implement a lock-free queue in Rust and reason about its memory ordering.';
const broken: ProviderName[] = ['openai chat', 'anthropic', 'mistral'];
/** Answers of the small model are checked, and the large one stands behind it. */
const checked = {
	model: 'openai chat',
	smallModel: 'ollama',
	cache: { checkSmallModel: true, checks: { maxLength: 200 } },
} as const;
const sentiment = '09-sentiment-small-model.json';

let agents: Agents;

beforeAll(async () => {
	agents = await startAgents(({ make, shipped, standIn }) => [
		make({ route: 'cost-report', root: ROOTS.costReport }),
		make({ route: 'chain-openai-chat', root: ROOTS.chain, model: 'openai chat' }),
		make({ route: 'chain-anthropic', root: ROOTS.chain, model: 'anthropic' }),
		...broken.map((model) =>
			make({
				route: `stream-${route(model)}`,
				root: ROOTS.streamingAgent,
				model,
				webhook: { responseMode: 'streaming' },
			}),
		),
		shipped('05-cached-agent.json', 'cached-agent', {}),
		shipped(sentiment, 'sentiment', { ollamaUrl: standIn.url, timeoutMs: 1000 }),
		shipped(sentiment, 'sentiment-nobody-there', { ollamaUrl: 'http://127.0.0.1:9' }),
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
		make({ ...checked, route: 'checked', root: ROOTS.agent, parts: [MEMORY] }),
		make({
			...checked,
			route: 'checked-stream',
			root: ROOTS.streamingAgent,
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
	]);
}, 300_000);

afterAll(() => agents?.stop(), 60_000);

const ask = (path: string, body: unknown) => agents.ask(path, body);
const route = (name: string): string => name.replace(/ /g, '-');

describe(`turns of a Cached Chat Model in a real n8n, backend ${backend}`, () => {
	it('shows what a turn cost and saved, and lets n8n count tokens once', async () => {
		await ask('chain-openai-chat', { text: 'Count my tokens' });
		const miss = await agents.lastRunData();
		expect(miss.Model).toHaveLength(1);
		expect(miss.Model![0]).toMatchObject({ tokenUsage: { promptTokens: expect.any(Number) } });
		expect(miss.Cache![0]).toMatchObject({
			cache: { status: 'miss', hit: false, stored: true, reasons: ['no entry for this prompt'] },
			cost: { usd: expect.any(Number), cacheHit: false, model: 'gpt-4o-mini', provider: 'openai' },
		});
		expect(JSON.stringify(miss.Cache)).not.toContain('tokenUsage');

		await ask('chain-openai-chat', { text: 'Count my tokens' });
		const hit = await agents.lastRunData();
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
		expect((await agents.lastRunData()).Cache![0]).toMatchObject({
			cache: { status: 'miss', reasons: ['temperature 0.2 became 0.3'] },
		});
	});

	it("serves cached answers while the provider is down, and passes the provider's own error on", async () => {
		await ask('chain-anthropic', { text: 'Known before the outage' });
		agents.standIn.fail({ status: 400, message: 'no credit left', times: 1000 });
		try {
			expect(await ask('chain-anthropic', { text: 'Known before the outage' })).toMatchObject({
				status: 200,
				calls: 0,
			});
			expect((await ask('chain-anthropic', { text: 'Not known' })).status).toBe(500);
			expect(JSON.stringify(await agents.lastErrors())).toContain('no credit left');
		} finally {
			agents.standIn.heal();
		}
	});

	it('serves an expired answer within its grace period only while the provider fails', async () => {
		const first = await ask('short-lived', { text: 'Soon old' });
		await sleep(1200);
		agents.standIn.fail({ status: 400, times: 1000 });
		try {
			expect(await ask('short-lived', { text: 'Soon old' })).toMatchObject({ text: first.text });
			expect((await agents.lastRunData()).Cache![0]).toMatchObject({ cache: { status: 'stale' } });
		} finally {
			agents.standIn.heal();
		}
		expect(await ask('short-lived', { text: 'Soon old' })).toMatchObject({ status: 200, calls: 1 });
	});

	it('makes one call for ten equal requests at once', async () => {
		agents.standIn.resetCalls();
		agents.standIn.fail({ delayMs: 500 });
		const all = await Promise.all(
			Array.from({ length: 10 }, () =>
				agents.n8n.post('chain-openai-chat', { text: 'All at once' }),
			),
		);
		expect(agents.standIn.calls().total).toBe(1);
		expect(new Set(all.map(({ text }) => text)).size).toBe(1);
	});

	it.each(broken)('stores no stream of %s that broke off, nor one that was cut', async (model) => {
		const path = `stream-${route(model)}`;
		const question = { text: 'A stream that breaks off in the middle' };
		agents.standIn.fail({ breakAfter: 4, times: 3 });
		await ask(path, question);
		agents.standIn.heal();
		const whole = await ask(path, question);
		expect(whole).toMatchObject({ calls: 1 });
		expect(streamed(whole.text)).toContain('breaks off in the middle');

		const cut = { text: 'A stream that ends too early [[length]]' };
		if (model === 'mistral') return; // LangChain drops its finish reason; see the unit tests.
		await ask(path, cut);
		expect(await ask(path, cut)).toMatchObject({ calls: 1 });
	});

	it('sends an easy task to the small model, tools included, and a hard one to the large', async () => {
		agents.standIn.resetCalls();
		const easy = 'Translate to French, please use tool: good morning';
		expect(await ask('routed', { text: easy })).toMatchObject({ status: 200, calls: 2 });
		expect(agents.standIn.calls().byRoute).toEqual({ 'POST /api/chat': 2 });
		expect((await agents.lastRunData())['Small Model']).toHaveLength(2);
		expect(await ask('routed', { text: easy })).toMatchObject({ status: 200, calls: 0 });

		agents.standIn.resetCalls();
		expect(await ask('routed', { text: HARD })).toMatchObject({ status: 200, calls: 1 });
		expect(agents.standIn.calls().byRoute).toEqual({ 'POST /v1/chat/completions': 1 });
	});

	it('streams from the small model under a large one of another provider', async () => {
		agents.standIn.resetCalls();
		const text = 'Translate to French: good evening';
		const first = await ask('routed-stream', { text });
		expect(agents.standIn.calls().byRoute).toEqual({ 'POST /api/chat': 1 });
		const second = await ask('routed-stream', { text });
		expect(second.calls).toBe(0);
		expect(streamed(first.text)).toContain('good evening');
		expect(streamed(second.text)).toBe(streamed(first.text));
	});

	it('keeps a conversation with the model that began it', async () => {
		agents.standIn.resetCalls();
		await ask('memory', { text: 'Translate to French: good night', session: 'a' });
		await ask('memory', { text: HARD, session: 'a' });
		expect(agents.standIn.calls().byRoute).toEqual({ 'POST /api/chat': 2 });
	});

	it('asks the large model in the same turn where the answer of the small one does not do, and books both', async () => {
		agents.standIn.resetCalls();
		const doubtful = { text: "Translate to French: good day [[say:I don't know.]]", session: 'b' };
		const first = await ask('checked', doubtful);
		expect(agents.standIn.calls().byRoute).toEqual({
			'POST /api/chat': 1,
			'POST /v1/chat/completions': 1,
		});
		const runs = await agents.lastRunData();
		expect(runs['Small Model']).toHaveLength(1);
		expect(runs.Model).toHaveLength(1);
		expect(runs.Cache![0]).toMatchObject({
			task: { tier: 'large', type: 'translation' },
			cost: { model: 'gpt-4o-mini', provider: 'openai', usd: expect.any(Number) },
			cascade: {
				asked: ['small', 'large'],
				reasons: ['the model says that it does not know'],
				smallAnswer: { text: "I don't know." },
				smallCost: { model: 'llama3.2', provider: 'ollama', usd: 0 },
			},
		});
		const { body } = await ask('cost-report', { workflow: 'AI checked' });
		expect(body).toMatchObject({ report: { totals: { calls: 2 } } });

		const again = await ask('checked', { ...doubtful, session: 'another' });
		expect(again).toMatchObject({ status: 200, calls: 0, text: first.text });
	});

	it('goes on with the model that answered, and gives a good answer of the small one as it is', async () => {
		const { text: refused } = await ask('checked', {
			text: "Translate to French: good noon [[say:I don't know.]]",
			session: 'c',
		});
		expect(refused).toContain("I don't know.");
		agents.standIn.resetCalls();
		await ask('checked', { text: 'Translate to French: and good night', session: 'c' });
		expect(agents.standIn.calls().byRoute).toEqual({ 'POST /v1/chat/completions': 1 });

		agents.standIn.resetCalls();
		await ask('checked', { text: 'Translate to French: good work', session: 'd' });
		expect(agents.standIn.calls().byRoute).toEqual({ 'POST /api/chat': 1 });
		expect((await agents.lastRunData()).Cache![0]).not.toHaveProperty('cascade');
	});

	it('streams only the answer that is given, be it of the small model or of the large one', async () => {
		agents.standIn.resetCalls();
		const good = await ask('checked-stream', { text: 'Translate to French: good luck' });
		expect(agents.standIn.calls().byRoute).toEqual({ 'POST /api/chat': 1 });
		expect(streamed(good.text)).toContain('good luck');

		agents.standIn.resetCalls();
		agents.standIn.fail({ status: 400, route: '/api/chat', times: 1000 });
		const text = 'Translate to French: good heavens';
		const rescued = await ask('checked-stream', { text });
		agents.standIn.heal();
		expect(agents.standIn.calls().byRoute).toMatchObject({ 'POST /v1/chat/completions': 1 });
		expect(streamed(rescued.text)).toContain('good heavens');
		expect(await ask('checked-stream', { text })).toMatchObject({ calls: 0 });
	});

	it("marks long beginnings for the provider's prompt cache", async () => {
		agents.standIn.resetCalls();
		await ask('marked', {
			text: `Please use tool. ${'A long instruction that comes again. '.repeat(200)}`,
		});
		const sent = agents.standIn.calls().requests.map(({ body }) => JSON.stringify(body));
		expect(sent).toHaveLength(2);
		for (const body of sent) expect(body).toContain('"cache_control":{"type":"ephemeral"}');
		const [, second] = (await agents.lastRunData()).Cache!;
		expect(second).toMatchObject({ cost: { usage: { cacheRead: expect.any(Number) } } });
	});

	it('answers template 05 again without a call, for nothing, and counts every call once', async () => {
		const question = { question: `Please use tool price_list. ${HARD}` };
		const first = await ask('cached-agent', question);
		const runs = (await agents.lastRunData())['Cached model']!;
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
		// The cached model books each turn itself, and Cost Tracker meets the same runs again.
		const { body } = await ask('cost-report', { workflow: 'cached-agent' });
		expect(body).toMatchObject({ report: { totals: { calls: 2, hits: 2 } } });
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
		agents.standIn.fail({ hang: true });
		expect(await ask('sentiment', { text: 'Silence' })).toMatchObject({
			status: 502,
			body: { sentiment: 'erreur_timeout' },
		});
		agents.standIn.fail({ status: 500 });
		expect(await ask('sentiment', { text: 'Panne' })).toMatchObject({
			status: 502,
			body: { sentiment: 'erreur_generale' },
		});
		expect(await ask('sentiment', { ticket: 17 })).toMatchObject({ status: 400, calls: 0 });
	});

	it('leaves no unhandled rejection and no warning of its own in the log of n8n', () => {
		expect(agents.n8n.log()).not.toMatch(/unhandled/i);
		expect(agents.n8n.log()).not.toMatch(/problem logging/i);
	});
});

const costOf = ({ body }: { body: unknown }) =>
	(body as { cost: { usd: number; avoidedUsd: number } }).cost;
