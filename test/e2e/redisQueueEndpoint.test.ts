import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import OpenAI from 'openai';
import { ALICE, endpointWorkflow, type Listen } from '../support/endpoint';
import { startQueueStack, type QueueStack } from '../support/queueStack';

let stack: QueueStack;

beforeAll(async () => {
	stack = await startQueueStack({
		standIn: { chunkGapMs: 40 },
		workflows: (places) =>
			(['port', 'webhook'] as const).flatMap((listen) =>
				(['provider', 'agent'] as const).map((answer) =>
					endpointWorkflow({ listen, path: answer, answer }, places),
				),
			),
		workers: 1,
		concurrency: 10,
	});
}, 240_000);

afterAll(() => stack?.stop(), 60_000);

describe.each<Listen>(['port', 'webhook'])('the endpoint by %s in queue mode', (listen) => {
	const client = (at: string) =>
		new OpenAI({
			baseURL: `${listen === 'port' ? `http://127.0.0.1:${stack.port}` : `${stack.n8n.url}/webhook`}/${at}/v1`,
			apiKey: ALICE,
			maxRetries: 0,
		});
	const messages = (content: string) => [
		{ role: 'user' as const, content: `${content} by ${listen}` },
	];

	it('answers every request of many, and asks the provider once for each distinct one', async () => {
		stack.standIn.resetCalls();
		const asked = Array.from({ length: 60 }, (_, at) => `Question ${at % 12}`);
		const answers = await Promise.all(
			asked.map((text) =>
				client('provider').chat.completions.create({ model: 'm', messages: messages(text) }),
			),
		);
		expect(answers.map(({ choices }) => choices[0]?.message.content)).toEqual(
			asked.map((text) => expect.stringContaining(`${text} by ${listen}`)),
		);
		expect(stack.standIn.calls().total).toBe(12);
	}, 120_000);

	it("streams an AI Agent's words from the worker while the model still speaks", async () => {
		const stream = await client('agent').chat.completions.create({
			model: 'm',
			messages: messages(`Speak long ${'and on '.repeat(12)}`),
			stream: true,
		});
		for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break;
		for (let tries = 0; tries < 200 && !stack.standIn.calls().requests.at(-1)?.aborted; tries++) {
			await new Promise((resolve) => setTimeout(resolve, 50));
		}
		expect(stack.standIn.calls().requests.at(-1)).toMatchObject({ aborted: true });
	}, 60_000);
});
