/** LLM Endpoint Triggers in a real n8n, before a stand-in provider, with the backend of this run. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Credential } from '../../scripts/lib/n8nContent.mjs';
import { freePort } from '../../scripts/lib/freePort.mjs';
import type { RedisServer } from '../../scripts/lib/redisServer.mjs';
import { startRedis } from '../../scripts/lib/redisServer.mjs';
import type { Workflow } from '../../scripts/lib/templates/fit.mjs';
import { stableId } from '../../scripts/lib/templates/fit.mjs';
import { AGENT } from './aiWorkflows';
import { testCredentials } from './gateway';
import type { TestN8n } from './n8n';
import { backend, references, startTestN8n } from './n8n';
import type { RecordedCall, StandIn } from './standInProvider';
import { startStandIn } from './standInProvider';

export const ALICE = 'key-of-alice-0123456789';
export const BOB = 'key-of-bob-0123456789';

export type Listen = 'port' | 'webhook';

export interface TestEndpoints {
	n8n: TestN8n;
	standIn: StandIn;
	redis: RedisServer | undefined;
	port: number;
	/** The base URL of an endpoint by its path. */
	base(listen: Listen, path: string): string;
	/** Model calls that `work` caused. */
	callsOf<T>(work: () => Promise<T>): Promise<{ calls: number; result: T }>;
	/** Waits until the provider has a call. */
	callArrived(): Promise<void>;
	/** Waits until the provider's last call was cut off or ended; null where neither came in 15 s. */
	lastCallEnded(): Promise<RecordedCall | null>;
	stop(): Promise<void>;
}

type Parameters = Record<string, unknown>;

interface Plan {
	listen: Listen;
	path: string;
	parameters?: Parameters;
	/** The nodes that answer, after the trigger; an HTTP Request to the stand-in where left out. */
	answer?: 'provider' | 'agent';
}

const keys = [
	{ key: ALICE, name: 'alice', namespace: 'alice' },
	{ key: BOB, name: 'bob', namespace: 'bob', requestsPerMinute: 1000 },
];

const PROVIDER_PATHS = {
	chat: '/v1/chat/completions',
	embeddings: '/v1/embeddings',
	message: '/v1/messages',
	json: '/api/generate',
};

const node = (name: string, type: string, typeVersion: number, parameters: Parameters) => ({
	id: stableId(name),
	name,
	type,
	typeVersion,
	position: [0, 0] as [number, number],
	parameters,
});

const link = (to: string, type = 'main') => [[{ node: to, type, index: 0 }]];

/** A workflow with an endpoint and what answers its misses. */
export function endpointWorkflow(
	{ listen, path, parameters = {}, answer = 'provider' }: Plan,
	{ port, standIn, credentials }: { port: number; standIn: StandIn; credentials: Credential[] },
): Workflow {
	const named = references(credentials);
	const trigger = {
		...node('Endpoint', 'n8n-nodes-prompt-cache.llmEndpointTrigger', 1, {
			listen,
			path,
			port,
			backend,
			keys: { key: keys },
			models: 'small, large',
			...parameters,
		}),
		webhookId: `${listen}-${path}`,
		...(backend === 'redis' ? { credentials: pick(named, 'promptCacheRedisApi') } : {}),
	};
	const ask = {
		...node('Ask', 'n8n-nodes-base.httpRequest', 4.2, {
			method: 'POST',
			url: `={{ '${standIn.url}' + (${JSON.stringify(PROVIDER_PATHS)})[$json.endpoint.operation] }}`,
			sendBody: true,
			specifyBody: 'json',
			jsonBody: '={{ JSON.stringify({ ...$json.body, stream: false }) }}',
			options: {},
		}),
		onError: 'continueRegularOutput',
	};
	const agent = node('Agent', '@n8n/n8n-nodes-langchain.agent', AGENT, {
		promptType: 'define',
		text: '={{ $json.chatInput }}',
		options: {},
	});
	const model = {
		...node('Model', '@n8n/n8n-nodes-langchain.lmChatOpenAi', 1.2, {
			model: { __rl: true, mode: 'id', value: 'gpt-4o-mini' },
			options: { maxRetries: 0 },
		}),
		credentials: pick(named, 'openAiApi'),
	};
	const plans = {
		provider: { nodes: [ask], connections: { Endpoint: { main: link('Ask') } } },
		agent: {
			nodes: [agent, model],
			connections: {
				Endpoint: { main: link('Agent') },
				Model: { ai_languageModel: link('Agent', 'ai_languageModel') },
			},
		},
	};
	const { nodes, connections } = plans[answer];
	const name = `${listen} ${path}`;
	return {
		id: stableId(name),
		name,
		active: false,
		nodes: [trigger, ...nodes],
		connections,
		settings: { executionOrder: 'v1' },
	} as unknown as Workflow;
}

/**
 * An endpoint whose misses go by model, Cache Store and Cost Tracker; path `load` for port and webhook,
 * with a key and a namespace for each, and others for the test that kills a worker.
 */
export function queueLoadWorkflow(
	listen: Listen,
	{ port, standIn, credentials }: { port: number; standIn: StandIn; credentials: Credential[] },
): Workflow {
	const redis = { credentials: pick(references(credentials), 'promptCacheRedisApi') };
	const rows = [listen, 'killed'].map((name) => ({
		key: `key-of-${name}`,
		name,
		namespace: `${name} load`,
	}));
	const nodes = [
		{
			...node('Endpoint', 'n8n-nodes-prompt-cache.llmEndpointTrigger', 1, {
				listen,
				path: 'load',
				port,
				backend: 'redis',
				keys: { key: rows },
			}),
			...redis,
			webhookId: `load-${listen}`,
		},
		{
			...node('Ask', 'n8n-nodes-base.httpRequest', 4.2, {
				method: 'POST',
				url: `${standIn.url}/v1/chat/completions`,
				sendBody: true,
				specifyBody: 'json',
				jsonBody: '={{ JSON.stringify($json.body) }}',
				options: {},
			}),
			onError: 'continueRegularOutput',
		},
		{
			...node('Store', 'n8n-nodes-prompt-cache.cacheStore', 1, { backend: 'redis' }),
			...redis,
		},
		{
			...node('Track', 'n8n-nodes-prompt-cache.costTracker', 1, { backend: 'redis' }),
			...redis,
		},
	];
	const name = `load by ${listen}`;
	return {
		id: stableId(name),
		name,
		active: false,
		nodes,
		connections: {
			Endpoint: { main: link('Ask') },
			Ask: { main: link('Store') },
			Store: { main: link('Track') },
		},
		settings: { executionOrder: 'v1' },
	} as unknown as Workflow;
}

/** A webhook `report` that answers what the ledger knows of a namespace. */
export function reportWorkflow(credentials: Credential[]): Workflow {
	const hook = {
		...node('Webhook', 'n8n-nodes-base.webhook', 2.1, {
			httpMethod: 'POST',
			path: 'report',
			responseMode: 'lastNode',
			options: {},
		}),
		webhookId: 'report',
	};
	const report = {
		...node('Report', 'n8n-nodes-prompt-cache.costTracker', 1, {
			operation: 'report',
			backend,
			filter: { namespace: '={{ $json.body.namespace }}' },
		}),
		...(backend === 'redis'
			? { credentials: pick(references(credentials), 'promptCacheRedisApi') }
			: {}),
	};
	return {
		id: stableId('report of a namespace'),
		name: 'Report',
		active: false,
		nodes: [hook, report],
		connections: { Webhook: { main: link('Report') } },
		settings: { executionOrder: 'v1' },
	} as unknown as Workflow;
}

const pick = (named: ReturnType<typeof references>, type: string) => ({ [type]: named[type] });

async function until(holds: () => boolean): Promise<boolean> {
	for (let tries = 0; tries < 300; tries++) {
		if (holds()) return true;
		await sleep(50);
	}
	return false;
}

/** Starts stand-in, Redis where this run is about it, and n8n with an endpoint for each plan. */
export async function startEndpoints(
	plans: Plan[],
	{ chunkGapMs = 0, extra = [] as Workflow[], env = {} as Record<string, string> } = {},
): Promise<TestEndpoints> {
	const standIn = await startStandIn({ chunkGapMs });
	const redis = backend === 'redis' ? await startRedis() : undefined;
	const credentials = testCredentials(standIn, redis);
	const port = await freePort();
	const workflows = plans.map((plan) => endpointWorkflow(plan, { port, standIn, credentials }));
	const n8n = await startTestN8n({ credentials, workflows: [...workflows, ...extra], env });
	return {
		n8n,
		standIn,
		redis,
		port,
		base: (listen, path) =>
			listen === 'port' ? `http://127.0.0.1:${port}/${path}` : `${n8n.url}/webhook/${path}`,
		async callsOf(work) {
			const before = standIn.calls().total;
			const result = await work();
			return { calls: standIn.calls().total - before, result };
		},
		callArrived: async () => {
			await until(() => standIn.calls().total > 0);
		},
		lastCallEnded: async () => {
			const last = () => standIn.calls().requests.at(-1);
			return (await until(() => last()?.aborted === true)) ? last()! : null;
		},
		stop: async () => {
			await n8n.stop();
			await standIn.stop();
			await redis?.close();
		},
	};
}
