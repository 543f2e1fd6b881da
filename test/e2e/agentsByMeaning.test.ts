import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Agents } from '../support/agents';
import { startAgents } from '../support/agents';
import { embeddingsOf, ROOTS } from '../support/aiWorkflows';
import { backend } from '../support/n8n';

let agents: Agents;

beforeAll(async () => {
	agents = await startAgents(({ make }) => [
		make({
			route: 'near',
			root: ROOTS.chain,
			model: 'openai chat',
			cache: { match: 'semantic' },
		}),
		make({
			route: 'near-connected',
			root: ROOTS.chain,
			model: 'openai chat',
			cache: { match: 'semantic', semantic: { embedder: 'subNode' } },
			parts: [embeddingsOf('Cache')],
		}),
		make({
			route: 'judge-missing',
			root: ROOTS.chain,
			model: 'openai chat',
			smallModel: 'anthropic',
			cache: { match: 'semantic', semantic: { policy: 'shadow', labelBy: 'judge' } },
		}),
		...[undefined, 'anthropic' as const].map((smallModel) =>
			make({
				route: smallModel ? 'judged-routed' : 'judged',
				root: ROOTS.chain,
				model: 'openai chat',
				smallModel,
				judge: 'ollama',
				cache: { match: 'semantic', semantic: { policy: 'shadow', labelBy: 'judge' } },
			}),
		),
	]);
}, 300_000);

afterAll(() => agents?.stop(), 60_000);

const ask = (path: string, body: unknown) => agents.ask(path, body);

describe(`a Cached Chat Model that matches by meaning in a real n8n, backend ${backend}`, () => {
	it('answers the same question in other words, and says what it matched', async () => {
		const first = await ask('near', { text: 'How do I reset my password?' });
		const again = await ask('near', { text: 'how can I reset my password' });
		expect(again).toMatchObject({ calls: 0, text: first.text });
		expect((await agents.lastRunData()).Cache![0]).toMatchObject({
			cache: { hit: true, layer: 'semantic', matchedPrompt: 'How do I reset my password?' },
		});
		expect(await ask('near', { text: 'How do I reset my phone?' })).toMatchObject({ calls: 1 });
	});

	it('compares prompts by a connected Embeddings node, asked once for each', async () => {
		const [chat, embeddings] = ['POST /v1/chat/completions', 'POST /v1/embeddings'];
		agents.standIn.resetCalls();
		const first = await ask('near-connected', { text: 'How do I reset my password?' });
		expect(agents.standIn.calls().byRoute).toEqual({ [chat]: 1, [embeddings]: 1 });
		agents.standIn.resetCalls();
		const again = await ask('near-connected', { text: 'how can I reset my password' });
		expect(agents.standIn.calls().byRoute).toEqual({ [embeddings]: 1 });
		expect(again.text).toBe(first.text);
		const [turn] = (await agents.lastRunData()).Cache!;
		expect(turn).toMatchObject({
			cache: { hit: true, layer: 'semantic', matchedPrompt: 'How do I reset my password?' },
		});
		// The stand-in's vectors share five words of six.
		expect((turn!.cache as { similarity: number }).similarity).toBeCloseTo(5 / 6, 1);
		await ask('near-connected', { text: 'How do I reset my phone?' });
		expect(agents.standIn.calls().byRoute).toEqual({ [chat]: 1, [embeddings]: 2 });
	});

	it.each(['judged', 'judged-routed'])(
		'asks a connected judge about two answers, and tells what that cost: %s',
		async (path) => {
			await ask(path, { text: 'How do I reset my password?' });
			agents.standIn.resetCalls();
			expect(await ask(path, { text: 'how can I reset my password' })).toMatchObject({ calls: 2 });
			expect(agents.standIn.calls().byRoute).toMatchObject({ 'POST /api/chat': 1 });
			const { Cache, Judge } = await agents.lastRunData();
			// The stand-in says something else than "same" or "different".
			expect(Cache![0]!.cache).toMatchObject({
				stored: true,
				judge: { same: null, usage: { inputTokens: expect.any(Number) }, usd: 0 },
			});
			expect(JSON.stringify(Cache![0]!.cache)).toContain('compared by meaning');
			expect(Judge).toBeUndefined();
		},
	);

	it('does not take the small model for a judge that is not connected: n8n asks for one', async () => {
		expect(await ask('judge-missing', { text: 'Hello' })).toMatchObject({ calls: 0 });
		expect(JSON.stringify(await agents.lastErrors())).toContain(
			'A Judge sub-node must be connected and enabled',
		);
	});
});
