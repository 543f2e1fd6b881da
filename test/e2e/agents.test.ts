import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Agents } from '../support/agents';
import { startAgents, streamed } from '../support/agents';
import { PROVIDERS, type ProviderName } from '../support/aiProviders';
import { PARSER, ROOTS, THINK_TOOL, vectorStore } from '../support/aiWorkflows';
import { backend } from '../support/n8n';

const providers = Object.keys(PROVIDERS) as ProviderName[];

let agents: Agents;

beforeAll(async () => {
	agents = await startAgents(({ make }) => [
		...providers.map((model) => make({ route: `chain-${route(model)}`, root: ROOTS.chain, model })),
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
	]);
}, 300_000);

afterAll(() => agents?.stop(), 60_000);

const ask = (path: string, body: unknown) => agents.ask(path, body);
const route = (name: string): string => name.replace(/ /g, '-');

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
		const chats = () => agents.standIn.calls().byRoute['POST /v1/chat/completions'] ?? 0;
		const before = chats();
		const first = await ask('question-and-answer', { text: 'What do the documents say?' });
		expect(chats()).toBe(before + 1);
		const second = await ask('question-and-answer', { text: 'What do the documents say?' });
		expect(chats()).toBe(before + 1);
		expect(second).toMatchObject({ status: 200, text: first.text });
	});

	it('embeds each text once, and a question at all only the first time', async () => {
		const embedded = () =>
			agents.standIn
				.calls()
				.requests.filter(({ route: to }) => to === 'POST /v1/embeddings')
				.map(({ body }) => body.input);
		const [one, two, three] = ['Paris is in France', 'Rome is in Italy', 'Oslo is in Norway'].map(
			(text) => ({ text }),
		);
		agents.standIn.resetCalls();
		expect((await ask('insert', { items: [one, two] })).status).toBe(200);
		expect(embedded().flat()).toEqual([one!.text, two!.text]);

		agents.standIn.resetCalls();
		expect((await ask('insert', { items: [one, two, three] })).status).toBe(200);
		expect(embedded().flat()).toEqual([three!.text]);

		agents.standIn.resetCalls();
		const question = { text: 'Where is Oslo?' };
		const first = await ask('question-and-answer', question);
		expect(first.status).toBe(200);
		expect(JSON.stringify(agents.standIn.calls().requests.at(-1))).toContain('Oslo is in Norway');
		expect(embedded()).toHaveLength(1);
		expect(await ask('question-and-answer', question)).toMatchObject({
			calls: 0,
			text: first.text,
		});
	});

	it('answers a batch of 50 items again without a call', async () => {
		const items = Array.from({ length: 50 }, (_, number) => ({ text: `Item ${number}` }));
		const first = await ask('batch', { items });
		const second = await ask('batch', { items });
		expect(first).toMatchObject({ status: 200, calls: 50 });
		expect(JSON.parse(first.text)).toHaveLength(50);
		expect(second).toMatchObject({ status: 200, calls: 0, text: first.text });
	});

	it('leaves no unhandled rejection in the log of n8n', () => {
		expect(agents.n8n.log()).not.toMatch(/unhandled/i);
	});
});
