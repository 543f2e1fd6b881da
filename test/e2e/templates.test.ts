import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { keepPicture, openBrowser, openWorkflow, warningsOn } from '../support/canvas';
import { backend } from '../support/n8n';
import type { Templates } from '../support/templates';
import { findProgram } from '../../scripts/lib/debian.mjs';
import { readTemplates } from '../../scripts/lib/templates/files.mjs';
import { MOVED, startTemplates, VISITOR } from '../support/templates';

const liteLlmProgram = process.env.PROMPT_CACHE_LITELLM;
const withRedis = findProgram('redis-server') ? it : it.skip;

/** The copies whose pictures are kept, by the number of the template. */
const PICTURED: Record<string, string> = {
	'02': '02',
	'03': '03',
	...(liteLlmProgram ? { '04': '04' } : {}),
	'05': '05',
	'06': '06',
	'07': '07 chat',
	'08': '08',
	'09': '09',
	'10': '10',
	...(withRedis === it ? { '11': '11 as shipped' } : {}),
	'12': '12',
	'13': '13',
	'14': '14',
	'15': '15',
};
const withLiteLlm = liteLlmProgram ? it : it.skip;
const chromium = process.env.PROMPT_CACHE_CHROMIUM;
const inBrowser = chromium ? it : it.skip;
if (withRedis !== it) console.warn('Template 11 is not tested: redis-server is missing');
if (!liteLlmProgram)
	console.warn('Template 04 is not tested: PROMPT_CACHE_LITELLM names no program');
if (!chromium) console.warn('Pictures are not checked: PROMPT_CACHE_CHROMIUM names no browser');

let templates: Templates;

beforeAll(async () => {
	templates = await startTemplates(liteLlmProgram || undefined);
}, 420_000);

afterAll(() => templates?.stop(), 60_000);

const ask = (route: string, body: unknown) => templates.ask(route, body);
const chat = (text: string, more: Record<string, unknown> = {}) => ({
	messages: [{ role: 'user', content: text }],
	...more,
});
/** What a template's answer holds beside the fields that all have. */
const more = (body: unknown) => body as Record<string, any>; // eslint-disable-line @typescript-eslint/no-explicit-any
const basic = (password: string) => ({
	authorization: `Basic ${Buffer.from(`${VISITOR.user}:${password}`).toString('base64')}`,
});

describe(`every template with a question and an answer, backend ${backend}`, () => {
	const routes = [
		['03', 'semantic-cache'],
		['08', 'budget-guard'],
		['10', 'ask-about-content'],
		['13', 'provider-outage'],
		['14', 'traced-questions'],
		['15', 'cascade'],
	];

	it.each(routes)('%s answers the same question again without a call', async (name, route) => {
		const body = { prompt: `Translate to French: good morning, template ${name}`, max_tokens: 50 };
		const first = await ask(route, body);
		const second = await ask(route, body);

		expect(first).toMatchObject({ status: 200, calls: 1, body: { cache: { status: 'miss' } } });
		expect(first.body.cache?.backend).toBe(backend);
		expect(second).toMatchObject({ status: 200, calls: 0, body: { cache: { status: 'hit' } } });
		expect(second.body.answer).toBe(first.body.answer);
		expect(second.body.model).toBe(first.body.model);
	});

	it.each(routes)('%s answers 400 where there is no question', async (_name, route) => {
		const answer = await ask(route, { ticket: 17 });
		expect(answer).toMatchObject({ status: 400, calls: 0 });
		expect(answer.text).toContain('No request was found');
	});

	it.each(routes)('%s refuses a caller without the key', async (_name, route) => {
		const { status } = await templates.n8n.post(route, { prompt: 'x' }, { 'x-api-key': 'wrong' });
		expect(status).toBe(403);
	});
});

describe('03 semantic cache', () => {
	describe.each([
		['built in', 'semantic-cache'],
		['a connected Ollama node', 'semantic-cache-ollama'],
		['TEI by its URL', 'semantic-cache-tei'],
	])('with the embedder %s', (_name, route) => {
		it('answers a question in other words from the cache, and says which one it took', async () => {
			const first = await ask(route, { prompt: 'How do I reset my password?' });
			const second = await ask(route, { prompt: 'How can I reset my password?' });

			expect(first).toMatchObject({ calls: 1, body: { cache: { status: 'miss' } } });
			expect(second).toMatchObject({
				calls: 0,
				body: {
					answer: first.body.answer,
					cache: { status: 'hit', layer: 'semantic', matchedPrompt: 'How do I reset my password?' },
				},
			});
		});

		it.each([
			['number', 'Is 10 mg of ibuprofen too much?', 'Is 100 mg of ibuprofen too much?'],
			['negation', 'Why should I enable the cache?', 'Why should I not enable the cache?'],
			['name', 'How is the weather in Paris today?', 'How is the weather in Lyon today?'],
		])('asks the model where a %s differs', async (_what, one, other) => {
			await ask(route, { prompt: one });
			expect(await ask(route, { prompt: other })).toMatchObject({
				calls: 1,
				body: { cache: { status: 'miss' } },
			});
		});
	});

	it('has embedded by the server it was told to', () => {
		expect(templates.meaning.calls['/api/embed']).toBeGreaterThan(0);
		expect(templates.meaning.calls['/embed']).toBeGreaterThan(0);
	});
});

describe('04 exact cache in n8n before LiteLLM with its semantic cache', () => {
	const password = (text: string) => chat(text, { model: 'gpt-4o-mini' });

	withLiteLlm('reads the cost of a call from the headers of LiteLLM', async () => {
		const { status, calls, body } = await ask('litellm-cache', password('How do I get a refund?'));
		expect({ status, calls }).toEqual({ status: 200, calls: 1 });
		expect(body).toMatchObject({
			object: 'chat.completion',
			cache: { status: 'miss', stored: true, upstream: { name: 'litellm', status: 'miss' } },
			cost: {
				cacheHit: false,
				avoidedUsd: 0,
				rates: { source: 'provider-reported' },
			},
		});
		expect(more(body).cost.usd).toBeGreaterThan(0);
	});

	withLiteLlm('answers the very same request itself, and tells what that saved', async () => {
		const first = await ask('litellm-cache', password('Where is my parcel?'));
		const second = await ask('litellm-cache', password('Where is my parcel?'));
		expect(second).toMatchObject({
			status: 200,
			calls: 0,
			body: { cache: { status: 'hit', layer: 'exact' }, cost: { usd: 0, cacheHit: true } },
		});
		expect(more(second.body).choices).toEqual(more(first.body).choices);
		expect(more(second.body).cost.avoidedUsd).toBeGreaterThan(0);
	});

	withLiteLlm('lets the cache of LiteLLM answer other words, which then cost nothing', async () => {
		await ask('litellm-cache', password('How do I change my address?'));
		expect(templates.liteLlm!.cachedMeanings()).toBeGreaterThan(0);
		const reworded = await ask('litellm-cache', password('How can I change my address?'));
		expect(reworded).toMatchObject({
			status: 200,
			calls: 0,
			body: {
				cache: { status: 'miss', upstream: { status: 'hit', key: expect.stringMatching(/\w/) } },
				cost: { usd: 0, cacheHit: true },
			},
		});
		expect(more(reworded.body).cache.upstream.similarity).toBeGreaterThan(0.9);
		expect(more(reworded.body).cost.avoidedUsd).toBeGreaterThan(0);
	});

	withLiteLlm('keeps embeddings too', async () => {
		const body = { model: 'text-embedding-3-small', input: 'to be embedded' };
		const first = await ask('litellm-cache', body);
		const second = await ask('litellm-cache', body);
		expect(first).toMatchObject({ status: 200, calls: 1, body: { cache: { status: 'miss' } } });
		expect(second).toMatchObject({ status: 200, calls: 0, body: { cache: { status: 'hit' } } });
		expect(more(second.body).data[0].embedding).toEqual(more(first.body).data[0].embedding);
	});

	withLiteLlm('answers 502 with the reason of the proxy', async () => {
		templates.standIn.fail({ status: 400, message: 'no such thing' });
		const failed = await ask('litellm-cache', password('Which thing?'));
		expect(failed).toMatchObject({ status: 502, body: { error: { status: 400 } } });
		expect(failed.text).toContain('no such thing');
	});
});

describe('08 budget guard', () => {
	const question = (number: number) => chat(`Budget question ${number}?`, { max_tokens: 50 });

	it('takes the cheaper model near the end of the budget, and refuses what no longer fits', async () => {
		const levels: string[] = [];
		for (let number = 1; number <= 30 && !levels.includes('cheaperModel'); number++) {
			const { status, body } = await ask('budget-guard', question(number));
			expect(status).toBe(200);
			const { level } = more(body).budget;
			levels.push(level);
			expect(body.model).toBe(level === 'cheaperModel' ? 'gpt-4o-mini' : 'gpt-4o');
		}
		expect(levels.filter((level, at) => level !== levels[at - 1])).toEqual([
			'ok',
			'alert',
			'cheaperModel',
		]);

		const tooMuch = await ask('budget-guard', chat('A book, please', { max_tokens: 5000 }));
		expect(tooMuch).toMatchObject({
			status: 429,
			calls: 0,
			body: { error: { type: 'budget_spent' } },
		});
	}, 60_000);

	it('still answers what it knows', async () => {
		expect(await ask('budget-guard', question(1))).toMatchObject({
			status: 200,
			calls: 0,
			body: { cache: { status: 'hit' } },
		});
	});
});

describe('10 event-driven invalidation', () => {
	it('forgets the answers of a changed tag, and no others', async () => {
		const about = (product: number) => ({
			prompt: `Price of ${product}?`,
			tags: [`product-${product}`],
		});
		for (const product of [1, 2]) await ask('ask-about-content', about(product));
		const told = await ask('content-changed', { tags: ['product-1', 'product-99'] });
		expect(told).toMatchObject({ status: 200 });
		expect(told.body).toEqual([
			expect.objectContaining({ tag: 'product-1' }),
			expect.objectContaining({ tag: 'product-99' }),
		]);
		expect(await ask('ask-about-content', about(1))).toMatchObject({
			calls: 1,
			body: { cache: { status: 'miss' } },
		});
		expect(await ask('ask-about-content', about(2))).toMatchObject({
			calls: 0,
			body: { cache: { status: 'hit' } },
		});
	});

	it('answers 400 where no tag is named', async () => {
		expect(await ask('content-changed', { id: 1 })).toMatchObject({ status: 400 });
	});
});

describe('11 warm-up and transfer', () => {
	it('fills the cache of template 01 once, and leaves alone what is known', async () => {
		const before = templates.standIn.calls().total;
		const first = await templates.run('11', 'Every night');
		expect(first.status).toBe('success');
		expect(first.items('Say what became of it')).toHaveLength(3);
		for (const item of first.items('Say what became of it')) expect(item.stored).toBe(true);
		expect(templates.standIn.calls().total - before).toBe(3);

		const second = await templates.run('11', 'Every night');
		expect(second.items('Leave it alone')).toHaveLength(3);
		expect(
			await ask('prompt-cache-gateway', { prompt: 'How do I return an order?' }),
		).toMatchObject({
			status: 200,
			calls: 0,
			body: { cache: { status: 'hit' }, answer: expect.stringContaining('return an order') },
		});
	}, 60_000);

	withRedis(
		'moves what the file holds into Redis, where it is served',
		async () => {
			await templates.run('11 as shipped', 'Every night');
			const { status, items } = await templates.run('11 as shipped', 'Move the cache');
			expect(status).toBe('success');
			const [told] = items('Say what was moved');
			expect(told!.exported).toBeGreaterThanOrEqual(MOVED.length);
			expect(told).toMatchObject({ report: { imported: told!.exported, skipped: 0 } });

			for (const prompt of MOVED) {
				expect(await ask('moved', { prompt })).toMatchObject({
					status: 200,
					calls: 0,
					body: { cache: { status: 'hit', backend: 'redis' } },
				});
			}
			const again = await templates.run('11 as shipped', 'Move the cache');
			expect(again.items('Say what was moved')).toMatchObject([{ exported: told!.exported }]);
		},
		60_000,
	);
});

describe('12 provider prompt caching', () => {
	it('moves what changes behind what stays, so that the provider reads it from its cache', async () => {
		templates.standIn.resetCalls();
		const answers = [];
		for (const question of ['Open today?', 'Any discount?', 'Where is my parcel?']) {
			answers.push(more((await ask('prompt-caching', { question, customer: 'One' })).body));
		}
		const [first, , third] = answers;
		expect(first!.providerCache.cachedTokens).toBe(0);
		expect(third!.caching).toMatchObject({ calls: 3, eligible: true });
		expect(third!.caching.reachableTokens).toBeGreaterThan(1024);
		expect(third!.providerCache.cachedTokens).toBeGreaterThan(1024);
		expect(third!.providerCache.hitRate).toBeGreaterThan(0.9);
		expect(third!.providerCache.savedUsd).toBeGreaterThan(0);

		const sent = templates.standIn.calls().requests.map(({ body }) => more(body));
		expect(sent[0]!.messages[0].content).toMatch(/^Time: /);
		expect(sent[1]!.messages[0]).toEqual(sent[2]!.messages[0]);
		expect(sent[2]!.messages[0].content).not.toContain('Time: ');
		expect(sent[2]!.messages.at(-1).content).toContain('Where is my parcel?');
		expect(sent[2]!.prompt_cache_key).toBe('Shop answer');
	});

	it('answers the four figures to watch', async () => {
		const answer = await templates.get('prompt-caching-metrics', { 'x-api-key': 'end-to-end' });
		const metrics = more(await answer.json());
		expect(metrics.calls).toBe(3);
		expect(metrics.tokenHitRate).toBeGreaterThan(0.25);
		expect(metrics.costSavedUsd).toBeGreaterThan(0);
		expect(metrics.latencyMs.median).not.toBeUndefined();
		expect(metrics).toHaveProperty('responseCacheEvictions');
		expect(metrics.byPrompt).toEqual([expect.objectContaining({ name: 'Shop answer', calls: 3 })]);
	});
});

describe('13 provider outage', () => {
	const first = '/v1/chat/completions';
	const other = '/api/chat';
	const callsOf = () => templates.standIn.calls().byRoute;

	it('asks a failing provider again', async () => {
		templates.standIn.resetCalls();
		templates.standIn.fail({ status: 503, route: first, times: 2 });
		const answer = await ask('provider-outage', { prompt: 'Third time lucky?' });
		expect(answer).toMatchObject({ status: 200, body: { provider: 'first' } });
		expect(callsOf()).toEqual({ [`POST ${first}`]: 3 });
	}, 30_000);

	it('asks the other provider where the first one stays down', async () => {
		templates.standIn.resetCalls();
		templates.standIn.fail({ status: 503, route: first, times: 3 });
		const answer = await ask('provider-outage', { prompt: 'Who is left?' });
		expect(answer).toMatchObject({
			status: 200,
			body: { provider: 'other', cache: { stored: true } },
		});
		expect(callsOf()).toEqual({ [`POST ${first}`]: 3, [`POST ${other}`]: 1 });
	}, 30_000);

	it('serves the last answer where nobody answers, else 503', async () => {
		const known = await ask('provider-outage', { prompt: 'Known from before?' });
		await sleep(1_200);
		const down = () => {
			templates.standIn.fail({ status: 503, route: first, times: 3 });
			templates.standIn.fail({ status: 503, route: other });
		};
		down();
		expect(await ask('provider-outage', { prompt: 'Known from before?' })).toMatchObject({
			status: 200,
			body: { answer: known.body.answer, provider: 'first', cache: { status: 'stale' } },
		});
		down();
		expect(await ask('provider-outage', { prompt: 'Never asked before?' })).toMatchObject({
			status: 503,
			body: { error: { type: 'provider_failed' } },
		});
		templates.standIn.heal();
		expect(await ask('provider-outage', { prompt: 'Known from before?' })).toMatchObject({
			status: 200,
			calls: 1,
			body: { provider: 'first' },
		});
	}, 60_000);
});

describe('15 cascade', () => {
	const easy = 'Translate to German: good evening';
	const hard =
		'Prove rigorously that there are infinitely many primes of the form 4k+3, then analyse step by step how the proof fails for 4k+1 and derive a correct argument for that case.';

	it('asks only the small model where its answer is good', async () => {
		templates.standIn.resetCalls();
		const { body } = await ask('cascade', { prompt: easy });
		expect(body).toMatchObject({
			cascade: { asked: ['small'], problems: [] },
			cost: { large: null },
		});
		expect(templates.standIn.calls().byRoute).toEqual({ 'POST /api/chat': 1 });
	});

	it('asks the large model at once where the prompt is hard', async () => {
		templates.standIn.resetCalls();
		const { body } = await ask('cascade', { prompt: hard });
		expect(body).toMatchObject({
			model: 'gpt-4o',
			task: { tier: 'large' },
			cascade: { asked: ['large'] },
			cost: { small: null },
		});
		expect(templates.standIn.calls().byRoute).toEqual({ 'POST /v1/chat/completions': 1 });
	});

	it.each([
		['does not know', `${easy} [[say:I don't know.]]`, 'the model says that it does not know'],
		['was cut', `${easy} [[length]]`, 'the answer ended early (length)'],
	])('asks the large model too where the small one %s, and bills both', async (_w, prompt, why) => {
		const { body, calls } = await ask('cascade', { prompt });
		expect(calls).toBe(2);
		expect(body).toMatchObject({ cascade: { asked: ['small', 'large'], problems: [why] } });
		const { usd, small, large } = more(body).cost;
		expect(small.usage.outputText).toBeGreaterThan(0);
		expect(large.usd).toBeGreaterThan(0);
		expect(usd).toBeCloseTo(small.usd + large.usd, 9);
	});

	it('asks the large model where the small one is down, and keeps its answer', async () => {
		templates.standIn.fail({ status: 500, route: '/api/chat' });
		const { body } = await ask('cascade', { prompt: `${easy}, my friend` });
		expect(body).toMatchObject({ model: 'gpt-4o', cascade: { asked: ['small', 'large'] } });
		expect(await ask('cascade', { prompt: `${easy}, my friend` })).toMatchObject({
			calls: 0,
			body: { cache: { status: 'hit' }, answer: body.answer, model: 'gpt-4o' },
		});
	});
});

describe('06 cost dashboard and 07 daily report, of what the templates spent', () => {
	it('shows the page to who has the password, and to nobody else', async () => {
		const page = await templates.get('llm-cost?days=7', basic(VISITOR.password));
		expect(page.status).toBe(200);
		expect(page.headers.get('content-type')).toContain('text/html');
		const html = await page.text();
		expect(html).toContain('<svg');
		expect(html).not.toMatch(/(?:src|href)="https?:/);
		expect((await templates.get('llm-cost', basic('wrong'))).status).toBe(401);
		expect((await templates.get('llm-cost')).status).toBe(401);
	});

	it('answers the same sums as JSON, and the counters as CSV', async () => {
		const answer = await templates.get('llm-cost-json', basic(VISITOR.password));
		const report = more(await answer.json());
		expect(report.totals.spendUsd).toBeGreaterThan(0);
		const workflows = report.by.workflow.map(({ name }: { name: string }) => name);
		expect(workflows).toEqual(
			expect.arrayContaining(['08 Budget guard', '15 Cascade: small model, then large']),
		);
		const csv = await templates.get('llm-cost-csv', basic(VISITOR.password));
		expect(csv.headers.get('content-type')).toContain('text/csv');
		expect((await csv.text()).split('\n').length).toBeGreaterThan(3);
	});

	it('writes to the chat what was spent', async () => {
		const { status } = await templates.run('07 chat', 'Send one now');
		expect(status).toBe('success');
		const { text } = templates.chat.received.at(-1) as { text: string };
		expect(text).toMatch(/^LLM cost of \d{4}-\d\d-\d\d\n/);
		expect(text).toMatch(/Today so far: \$0\.\d+ in [1-9]\d* calls/);
		expect(text).toContain('- gpt-4o: ');
	});

	it('sends the same by mail', async () => {
		const { status } = await templates.run('07 mail', 'Send one now');
		expect(status).toBe('success');
		expect(templates.mail.received.at(-1)).toMatch(/Subject: LLM cost of \d{4}/);
		expect(templates.mail.received.at(-1)).toContain('Today so far');
	});
});

// The editor looks the same on every backend.
const inEditor = backend === 'embedded' ? describe : undefined;
inEditor?.('in the editor', () => {
	let browser: Browser;
	let page: Page;

	beforeAll(async () => {
		if (!chromium) return;
		({ browser, page } = await openBrowser(chromium, templates.n8n));
	}, 60_000);

	afterAll(() => browser?.close());

	inBrowser.each(
		readTemplates()
			.map(({ file, workflow }) => ({ file, name: file.slice(0, 2), workflow }))
			.filter(({ name }) => name in PICTURED),
	)(
		'$file is drawn without a warning',
		async ({ file, name, workflow }) => {
			const last = workflow.nodes.at(-1)!.name;
			await openWorkflow(page, templates.addressOf(PICTURED[name]!), last);
			expect(await warningsOn(page)).toEqual([]);
			await keepPicture(page, file.replace('.json', '.png'));
		},
		120_000,
	);
});

it('leaves no unhandled rejection in the log of n8n', () => {
	expect(templates.n8n.log()).not.toMatch(/unhandled/i);
});
