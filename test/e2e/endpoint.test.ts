import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import Anthropic from '@anthropic-ai/sdk';
import { ChatOpenAI } from '@langchain/openai';
import OpenAI from 'openai';
import { ALICE, BOB, startEndpoints, type Listen, type TestEndpoints } from '../support/endpoint';
import { backend } from '../support/n8n';

let endpoints: TestEndpoints;

beforeAll(async () => {
	endpoints = await startEndpoints(
		(['port', 'webhook'] as const).flatMap((listen) => [
			{ listen, path: 'llm' },
			{ listen, path: 'claude', parameters: { protocol: 'anthropic' } },
			{ listen, path: 'plain', parameters: { protocol: 'json' } },
			{ listen, path: 'agent', answer: 'agent' as const },
		]),
		{ chunkGapMs: 40 },
	);
}, 180_000);

afterAll(() => endpoints?.stop(), 60_000);

const user = (content: string) => [{ role: 'user' as const, content }];

const TOOL = {
	name: 'get_weather',
	schema: {
		type: 'object' as const,
		required: ['city'],
		properties: { city: { type: 'string' } },
	},
};

describe.each<Listen>(['port', 'webhook'])(`the endpoint by %s, backend ${backend}`, (listen) => {
	const openAi = (apiKey = ALICE, path = 'llm') =>
		new OpenAI({ baseURL: `${endpoints.base(listen, path)}/v1`, apiKey, maxRetries: 0 });
	const anthropic = () =>
		new Anthropic({ baseURL: endpoints.base(listen, 'claude'), apiKey: ALICE, maxRetries: 0 });
	const say = (what: string) => `${what} by ${listen}`;
	/** Runs it twice: a miss that calls the provider once, and a hit that does not. */
	const twice = async <T>(work: () => Promise<T>): Promise<[T, T]> => {
		const miss = await endpoints.callsOf(work);
		const hit = await endpoints.callsOf(work);
		expect([miss.calls, hit.calls]).toEqual([1, 0]);
		return [miss.result, hit.result];
	};

	it("gives the official OpenAI client the provider's completion, and again from the cache", async () => {
		const messages = user(say('A question'));
		const ask = () => openAi().chat.completions.create({ model: 'm', messages }).withResponse();
		const [miss, hit] = await twice(ask);

		expect(miss.data.choices[0]?.message.content).toContain('A question');
		expect(hit.data).toEqual(miss.data);
		expect(miss.response.headers.get('x-prompt-cache-status')).toBe('miss');
		expect(hit.response.headers.get('x-prompt-cache-status')).toBe('hit');
		expect(hit.response.headers.get('x-prompt-cache-cost')).toBe('0');
		expect(hit.response.headers.get('x-prompt-cache-age')).toMatch(/^\d+$/);
		expect(hit.response.headers.get('x-prompt-cache-key')).toMatch(/^[0-9a-f]{64}$/);
	});

	it('streams token by token, with usage where asked for, and answers a whole request from it', async () => {
		const request = { model: 'm', messages: user(say('Stream this')) };
		const read = async () => {
			const stream = await openAi().chat.completions.create({
				...request,
				stream: true,
				stream_options: { include_usage: true },
			});
			const pieces: string[] = [];
			const ids = new Set<string>();
			let [usage, finish]: unknown[] = [null, null];
			for await (const chunk of stream) {
				ids.add(chunk.id);
				pieces.push(chunk.choices[0]?.delta.content ?? '');
				finish = chunk.choices[0]?.finish_reason ?? finish;
				usage = chunk.usage ?? usage;
			}
			return { pieces: pieces.filter((piece) => piece !== ''), usage, finish, ids: ids.size };
		};
		const [miss, hit] = await twice(read);

		expect(miss.pieces.length).toBeGreaterThan(5);
		expect(hit).toEqual(miss);
		expect(hit).toMatchObject({
			finish: 'stop',
			ids: 1,
			usage: { total_tokens: expect.anything() },
		});
		const whole = await openAi().chat.completions.create(request);
		expect(whole.choices[0]?.message.content).toBe(hit.pieces.join(''));
	});

	it('passes tool calls, whole and streamed', async () => {
		const request = {
			model: 'm',
			messages: user(say('use tool get_weather')),
			tools: [
				{ type: 'function' as const, function: { name: TOOL.name, parameters: TOOL.schema } },
			],
		};
		const [miss, hit] = await twice(() =>
			openAi().chat.completions.stream(request).finalChatCompletion(),
		);
		const whole = await openAi().chat.completions.create(request);

		for (const { choices } of [miss, hit, whole]) {
			expect(choices[0]).toMatchObject({
				finish_reason: 'tool_calls',
				message: {
					tool_calls: [{ function: { name: TOOL.name, arguments: '{"city":"stand-in"}' } }],
				},
			});
		}
	});

	it('passes structured output that the client parses', async () => {
		const schema = { ...TOOL.schema, additionalProperties: false };
		const [miss, hit] = await twice(() =>
			openAi().chat.completions.parse({
				model: 'm',
				messages: user(say('As JSON')),
				response_format: {
					type: 'json_schema',
					json_schema: { name: 'city', strict: true, schema },
				},
			}),
		);
		for (const { choices } of [miss, hit]) {
			expect(choices[0]?.message.parsed).toEqual({ city: 'stand-in' });
		}
	});

	it('answers embeddings as the client decodes them, and lists the models without a call', async () => {
		const input = [say('one'), say('two')];
		const [miss, hit] = await twice(() => openAi().embeddings.create({ model: 'e', input }));
		const listed = await endpoints.callsOf(() => openAi().models.list());

		expect(miss.data.map(({ embedding }) => embedding.length)).toEqual([1536, 1536]);
		expect(hit.data).toEqual(miss.data);
		expect(listed.result.data.map(({ id }) => id)).toEqual(['small', 'large']);
		expect(listed.calls).toBe(0);
	});

	it('speaks to the official Anthropic client: messages, streams and tools', async () => {
		const request = { model: 'c', max_tokens: 64, messages: user(say('A message')) };
		const [miss, hit] = await twice(() => anthropic().messages.create(request));
		expect(hit).toMatchObject({ content: miss.content, stop_reason: 'end_turn' });
		expect(hit.usage.output_tokens).toBeGreaterThan(0);

		const streamed = await anthropic().messages.stream(request).finalMessage();
		expect(streamed.content).toEqual(miss.content);
		expect(streamed.usage.output_tokens).toBe(miss.usage.output_tokens);

		const [called, again] = await twice(() =>
			anthropic()
				.messages.stream({
					...request,
					messages: user(say('use tool get_weather')),
					tools: [{ name: TOOL.name, input_schema: TOOL.schema }],
				})
				.finalMessage(),
		);
		for (const { content, stop_reason } of [called, again]) {
			expect(stop_reason).toBe('tool_use');
			expect(content[0]).toMatchObject({ name: TOOL.name, input: { city: 'stand-in' } });
		}
	});

	it("serves LangChain's ChatOpenAI, invoked and streamed", async () => {
		const configuration = { baseURL: `${endpoints.base(listen, 'llm')}/v1` };
		const model = new ChatOpenAI({ model: 'm', apiKey: ALICE, maxRetries: 0, configuration });
		const [miss, hit] = await twice(() => model.invoke(say('From LangChain')));
		expect(hit.content).toBe(miss.content);

		const pieces: string[] = [];
		for await (const chunk of await model.stream(say('From LangChain'))) pieces.push(chunk.text);
		expect(pieces.join('')).toBe(miss.content);
		expect(pieces.length).toBeGreaterThan(5);
	});

	it("streams an AI Agent's words while the model still speaks, and stops the model when the client goes", async () => {
		endpoints.standIn.resetCalls();
		const stream = await openAi(ALICE, 'agent').chat.completions.create({
			model: 'm',
			messages: user(`${say('Speak long')} ${'and on '.repeat(12)}`),
			stream: true,
		});
		for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break;
		const call = await endpoints.lastCallEnded();

		expect(call).toMatchObject({ route: 'POST /v1/chat/completions', aborted: true });
	});

	it("keeps an AI Agent's streamed answer for those who ask later", async () => {
		const request = { model: 'm', messages: user(say('Agent, once')) };
		const [miss, hit] = await twice(async () => {
			const stream = openAi(ALICE, 'agent').chat.completions.stream(request);
			return (await stream.finalChatCompletion()).choices[0]?.message.content;
		});
		expect(miss).toContain('Agent, once');
		expect(hit).toBe(miss);
	});

	const isStopped = listen === 'webhook' || !process.env.N8N_VERSION?.startsWith('1.');
	if (!isStopped) console.warn('Stopping a call by port is not tested: n8n 1 lets it run on');
	const itStops = isStopped ? it : it.skip;
	itStops('stops the call of a client that goes away while it waits', async () => {
		endpoints.standIn.resetCalls();
		endpoints.standIn.fail({ hang: true });
		const gone = new AbortController();
		const request = { model: 'm', messages: user(say('Never answered')) };
		const asked = openAi(ALICE, 'agent').chat.completions.create(request, { signal: gone.signal });
		const refused = expect(asked).rejects.toThrow(OpenAI.APIUserAbortError);
		await endpoints.callArrived();
		gone.abort();
		await refused;

		expect(await endpoints.lastCallEnded()).toMatchObject({ aborted: true });
		endpoints.standIn.heal();
		const again = await openAi(ALICE, 'agent').chat.completions.create(request);
		expect(again.choices[0]?.message.content).toContain('Never answered');
	});

	it('keeps the answer of an HTTP Request, which cannot be stopped, though its client is gone', async () => {
		endpoints.standIn.resetCalls();
		endpoints.standIn.fail({ delayMs: 1_000 });
		const gone = new AbortController();
		const request = { model: 'm', messages: user(say('Left alone')) };
		const refused = expect(
			openAi().chat.completions.create(request, { signal: gone.signal }),
		).rejects.toThrow(OpenAI.APIUserAbortError);
		await endpoints.callArrived();
		gone.abort();
		await refused;

		const again = await openAi().chat.completions.create(request);
		expect(again.choices[0]?.message.content).toContain('Left alone');
		expect(endpoints.standIn.calls().requests).toEqual([
			expect.objectContaining({ aborted: false }),
		]);
	});

	it('asks the provider once for twenty equal requests at the same time', async () => {
		const messages = user(say('All at once'));
		const { calls, result } = await endpoints.callsOf(() =>
			Promise.all(
				Array.from({ length: 20 }, () =>
					openAi().chat.completions.create({ model: 'm', messages }),
				),
			),
		);
		expect(calls).toBe(1);
		expect(new Set(result.map(({ choices }) => choices[0]?.message.content)).size).toBe(1);
	});

	it('keeps tenants apart: the same request with another key is a miss', async () => {
		const messages = user(say('Whose answer'));
		const ask = (key: string) => () =>
			openAi(key).chat.completions.create({ model: 'm', messages });
		expect((await endpoints.callsOf(ask(ALICE))).calls).toBe(1);
		expect((await endpoints.callsOf(ask(BOB))).calls).toBe(1);
		expect((await endpoints.callsOf(ask(ALICE))).calls).toBe(0);
	});

	it.each([
		[500, 502],
		[401, 502],
		[429, 429],
		[404, 404],
	])('tells a failure %i of the provider as %i, and stores nothing', async (status, told) => {
		const messages = user(say(`Failure ${status}`));
		const ask = () => openAi().chat.completions.create({ model: 'm', messages });
		endpoints.standIn.fail({ status, message: 'upstream key sk-very-secret is wrong' });
		const error = await ask().catch((caught: unknown) => caught);

		expect(error).toBeInstanceOf(OpenAI.APIError);
		expect((error as InstanceType<typeof OpenAI.APIError>).status).toBe(told);
		if (told === 502) expect(String(error)).not.toContain('sk-very-secret');
		expect((await endpoints.callsOf(ask)).calls).toBe(1);
	});

	it('takes any JSON where the protocol is plain, and gives the last item back', async () => {
		const ask = async () => {
			const answer = await fetch(endpoints.base(listen, 'plain'), {
				method: 'POST',
				headers: { 'content-type': 'application/json', authorization: `Bearer ${ALICE}` },
				body: JSON.stringify({ model: 'm', prompt: say('Anything') }),
			});
			return (await answer.json()) as { response: string };
		};
		const [miss, hit] = await twice(ask);
		expect(miss.response).toContain('Anything');
		expect(hit).toEqual(miss);
	});
});
