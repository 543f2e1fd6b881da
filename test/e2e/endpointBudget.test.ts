import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import Anthropic from '@anthropic-ai/sdk';
import { setTimeout as sleep } from 'node:timers/promises';
import OpenAI from 'openai';
import { startEndpoints, type Listen, type TestEndpoints } from '../support/endpoint';
import { backend } from '../support/n8n';

const POOR = 'key-of-a-small-budget';
const RICH = 'key-of-a-large-budget';

let endpoints: TestEndpoints;

/** A millionth of a dollar is spent with the first call. */
const keysFor = (namespace: string) => ({
	key: [
		{ key: POOR, name: 'poor', namespace: `${namespace} poor`, budgetUsd: 0.000001 },
		{ key: RICH, name: 'rich', namespace: `${namespace} rich`, budgetUsd: 1, budgetPeriod: 'day' },
	],
});

beforeAll(async () => {
	endpoints = await startEndpoints(
		(['port', 'webhook'] as const).flatMap((listen) => [
			{ listen, path: 'llm', parameters: { keys: keysFor(`${listen} llm`) } },
			{
				listen,
				path: 'claude',
				parameters: { protocol: 'anthropic', keys: keysFor(`${listen} claude`) },
			},
		]),
	);
}, 180_000);

afterAll(() => endpoints?.stop(), 60_000);

describe.each<Listen>(['port', 'webhook'])(`a key's budget by %s, backend ${backend}`, (listen) => {
	const model = 'gpt-4o-mini';
	const user = (content: string) => [{ role: 'user' as const, content: `${content} by ${listen}` }];
	const openAi = (apiKey: string) =>
		new OpenAI({ baseURL: `${endpoints.base(listen, 'llm')}/v1`, apiKey });
	const ask = (apiKey: string, content: string, stream = false) =>
		openAi(apiKey).chat.completions.create({ model, messages: user(content), stream });

	/** Asks new things until it is refused: the ledger learns of a call within seconds. */
	async function untilRefused(question: (number: number) => Promise<unknown>): Promise<unknown> {
		for (let number = 0; number < 60; number++) {
			const refusal = await question(number).then(
				() => undefined,
				(error: unknown) => error,
			);
			if (refusal) return refusal;
			await sleep(250);
		}
		return undefined;
	}

	it('refuses new requests as OpenAI does once it is spent, and the official client asks once', async () => {
		await ask(POOR, 'Known');
		const refusal = await untilRefused((number) => ask(POOR, `New ${number}`));
		expect(refusal).toBeInstanceOf(OpenAI.RateLimitError);
		expect(refusal).toMatchObject({ status: 429, code: 'insufficient_quota' });

		const { calls, result } = await endpoints.callsOf(() =>
			ask(POOR, 'Streamed', true).catch((error: unknown) => error),
		);
		expect([calls, (result as InstanceType<typeof OpenAI.APIError>).type]).toEqual([
			0,
			'insufficient_quota',
		]);
	});

	it('still gives what is cached, and leaves other keys alone', async () => {
		const known = await endpoints.callsOf(() => ask(POOR, 'Known'));
		expect(known).toMatchObject({ calls: 0, result: { object: 'chat.completion' } });
		const other = await endpoints.callsOf(() => ask(RICH, 'Known'));
		expect(other).toMatchObject({ calls: 1, result: { object: 'chat.completion' } });
	});

	it('refuses as Anthropic does where that is the protocol', async () => {
		const client = new Anthropic({ baseURL: endpoints.base(listen, 'claude'), apiKey: POOR });
		const refusal = await untilRefused((number) =>
			client.messages.create({
				model: 'claude-haiku-4-5',
				max_tokens: 20,
				messages: user(`Message ${number}`),
			}),
		);
		expect(refusal).toBeInstanceOf(Anthropic.PaymentRequiredError);
		expect(refusal).toMatchObject({ status: 402, error: { error: { type: 'billing_error' } } });
	});
});
