/** A real n8n with workflows of n8n's AI nodes over this package's sub-nodes, before the stand-in provider. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Credential } from '../../scripts/lib/n8nContent.mjs';
import type { RedisServer } from '../../scripts/lib/redisServer.mjs';
import { startRedis } from '../../scripts/lib/redisServer.mjs';
import type { Workflow } from '../../scripts/lib/templates/fit.mjs';
import { stableId } from '../../scripts/lib/templates/fit.mjs';
import type { AiWorkflowOptions } from './aiWorkflows';
import { aiWorkflow } from './aiWorkflows';
import type { TestN8n, WebhookAnswer } from './n8n';
import { backend, references, startTestN8n, template } from './n8n';
import type { StandIn } from './standInProvider';
import { startStandIn } from './standInProvider';
import { startTlsProxy } from './tlsProxy';
import { unflatten } from './unflatten';

const KEY = { 'x-api-key': 'end-to-end' };

/** What each AI node put out in an execution, run by run. */
export type RunData = Record<string, Array<Record<string, unknown>> | undefined>;

export interface Agents {
	n8n: TestN8n;
	standIn: StandIn;
	/** Sends a request and tells how many model calls it caused. */
	ask(path: string, body: unknown): Promise<WebhookAnswer & { calls: number }>;
	lastRunData(): Promise<RunData>;
	/** Errors of all nodes in the last execution. */
	lastErrors(): Promise<unknown[]>;
	stop(): Promise<void>;
}

/** Makes workflows: of n8n's AI nodes, or from a shipped template under a webhook path of its own. */
export interface Makers {
	make(options: Omit<AiWorkflowOptions, 'credentials' | 'backend'>): Workflow;
	shipped(file: string, path: string, settings: Record<string, unknown>): Workflow;
	standIn: StandIn;
}

function credentialsFor(url: string, redis: RedisServer | undefined): Credential[] {
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

/** Starts stand-in, Redis where this run is about it, and n8n with the workflows. */
export async function startAgents(workflows: (makers: Makers) => Workflow[]): Promise<Agents> {
	const standIn = await startStandIn();
	// The address of Mistral cannot be changed in n8n's node: it is reached as behind a company's proxy.
	const proxy = await startTlsProxy('api.mistral.ai', standIn.url);
	const redis = backend === 'redis' ? await startRedis() : undefined;
	const held = credentialsFor(standIn.url, redis);
	const credentials = references(held);
	const makers: Makers = {
		standIn,
		make: (options) => aiWorkflow({ ...options, credentials, backend }),
		shipped: (file, path, settings) =>
			template(file, {
				id: stableId(`agents ${path}`),
				credentials,
				settings,
				backend,
				change: (workflow) => {
					const webhook = workflow.nodes.find(({ type }) => type.endsWith('.webhook'))!;
					Object.assign(webhook, { webhookId: `shipped-${path}` });
					webhook.parameters.path = path;
					workflow.name = path;
				},
			}),
	};
	const stopServers = async () => {
		await proxy.stop();
		await standIn.stop();
		await redis?.close();
	};
	let n8n: TestN8n;
	try {
		n8n = await startTestN8n(
			{ env: proxy.env, credentials: held, workflows: workflows(makers) },
			KEY,
		);
	} catch (error) {
		await stopServers();
		throw error;
	}
	return {
		n8n,
		standIn,
		ask: async (path, body) => {
			const before = standIn.calls().total;
			const answer = await n8n.post(path, body);
			return { ...answer, calls: standIn.calls().total - before };
		},
		lastRunData: () => lastRunData(n8n),
		lastErrors: () => lastErrors(n8n),
		stop: async () => {
			await n8n.stop();
			await stopServers();
		},
	};
}

/** The last execution, as n8n saved it. */
async function lastExecution(n8n: TestN8n): Promise<{ runData: Record<string, unknown[]> }> {
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

async function lastRunData(n8n: TestN8n): Promise<RunData> {
	const { runData } = await lastExecution(n8n);
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

async function lastErrors(n8n: TestN8n): Promise<unknown[]> {
	const { runData } = await lastExecution(n8n);
	return Object.values(runData).flatMap((runs) =>
		runs.map((run) => (run as { error?: unknown }).error),
	);
}

/** The text of n8n's NDJSON stream. */
export function streamed(ndjson: string): string {
	return ndjson
		.split('\n')
		.filter((line) => line.trim() !== '')
		.map((line) => JSON.parse(line) as { type: string; content?: string })
		.map(({ type, content }) => (type === 'item' ? (content ?? '') : ''))
		.join('');
}
