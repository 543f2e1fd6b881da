import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import OpenAI from 'openai';
import { freePort } from '../../scripts/lib/freePort.mjs';
import { startRedis, type RedisServer } from '../../scripts/lib/redisServer.mjs';
import { ALICE, endpointWorkflow, type Listen } from '../support/endpoint';
import { testCredentials } from '../support/gateway';
import { startTestN8n, type TestN8n } from '../support/n8n';
import { queueEnvironment, startN8nWorker, type N8nWorker } from '../support/queueMode';
import { startStandIn, type StandIn } from '../support/standInProvider';

let standIn: StandIn;
let redis: RedisServer;
let n8n: TestN8n;
let worker: N8nWorker;
let port: number;

beforeAll(async () => {
	standIn = await startStandIn({ chunkGapMs: 40 });
	redis = await startRedis();
	port = await freePort();
	const env = queueEnvironment(redis.port);
	const credentials = testCredentials(standIn, redis);
	const workflows = (['port', 'webhook'] as const).flatMap((listen) =>
		(['provider', 'agent'] as const).map((answer) =>
			endpointWorkflow({ listen, path: answer, answer }, { port, standIn, credentials }),
		),
	);
	n8n = await startTestN8n({ credentials, workflows, env });
	const { userFolder } = n8n;
	worker = await startN8nWorker({ userFolder, name: 'worker', env, concurrency: 10 });
}, 240_000);

afterAll(async () => {
	await worker?.stop();
	await n8n?.stop();
	await standIn?.stop();
	await redis?.close();
}, 60_000);

describe.each<Listen>(['port', 'webhook'])('the endpoint by %s in queue mode', (listen) => {
	const client = (at: string) =>
		new OpenAI({
			baseURL: `${listen === 'port' ? `http://127.0.0.1:${port}` : `${n8n.url}/webhook`}/${at}/v1`,
			apiKey: ALICE,
			maxRetries: 0,
		});
	const messages = (content: string) => [
		{ role: 'user' as const, content: `${content} by ${listen}` },
	];

	it('answers every request of many, and asks the provider once for each distinct one', async () => {
		standIn.resetCalls();
		const asked = Array.from({ length: 60 }, (_, at) => `Question ${at % 12}`);
		const answers = await Promise.all(
			asked.map((text) =>
				client('provider').chat.completions.create({ model: 'm', messages: messages(text) }),
			),
		);
		expect(answers.map(({ choices }) => choices[0]?.message.content)).toEqual(
			asked.map((text) => expect.stringContaining(`${text} by ${listen}`)),
		);
		expect(standIn.calls().total).toBe(12);
	}, 120_000);

	it("streams an AI Agent's words from the worker while the model still speaks", async () => {
		const stream = await client('agent').chat.completions.create({
			model: 'm',
			messages: messages(`Speak long ${'and on '.repeat(12)}`),
			stream: true,
		});
		for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break;
		for (let tries = 0; tries < 200 && !standIn.calls().requests.at(-1)?.aborted; tries++) {
			await new Promise((resolve) => setTimeout(resolve, 50));
		}
		expect(standIn.calls().requests.at(-1)).toMatchObject({ aborted: true });
	}, 60_000);
});
