import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import OpenAI from 'openai';
import { freePort } from '../../scripts/lib/freePort.mjs';
import { ensureN8nHost } from '../../scripts/lib/n8nHost.mjs';
import { n8nEnvironment } from '../../scripts/lib/n8nProcess.mjs';
import { startRedis, type RedisServer } from '../../scripts/lib/redisServer.mjs';
import { ALICE, endpointWorkflow, type Listen } from '../support/endpoint';
import { testCredentials } from '../support/gateway';
import { startTestN8n, type TestN8n } from '../support/n8n';
import { startStandIn, type StandIn } from '../support/standInProvider';

let standIn: StandIn;
let redis: RedisServer;
let n8n: TestN8n;
let worker: ChildProcess | undefined;
let port: number;

beforeAll(async () => {
	standIn = await startStandIn({ chunkGapMs: 40 });
	redis = await startRedis();
	port = await freePort();
	const queue = {
		EXECUTIONS_MODE: 'queue',
		QUEUE_BULL_REDIS_HOST: '127.0.0.1',
		QUEUE_BULL_REDIS_PORT: String(redis.port),
	};
	const credentials = testCredentials(standIn, redis);
	const workflows = (['port', 'webhook'] as const).flatMap((listen) =>
		(['provider', 'agent'] as const).map((answer) =>
			endpointWorkflow({ listen, path: answer, answer }, { port, standIn, credentials }),
		),
	);
	n8n = await startTestN8n({ credentials, workflows, env: queue });
	const host = await ensureN8nHost({ node: process.execPath, version: process.env.N8N_VERSION });
	const output = fs.openSync(path.join(n8n.userFolder, 'worker.log'), 'a');
	worker = spawn(host.node, [host.bin, 'worker', '--concurrency=10'], {
		cwd: n8n.userFolder,
		stdio: ['ignore', output, output],
		env: n8nEnvironment(host, n8n.userFolder, {
			...queue,
			N8N_RUNNERS_BROKER_PORT: String(await freePort()),
		}),
	});
	fs.closeSync(output);
}, 240_000);

afterAll(async () => {
	worker?.kill('SIGKILL');
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
