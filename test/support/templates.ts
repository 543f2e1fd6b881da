/** All templates in one real n8n, before stand-ins for everything they reach. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Credential, EditorSession } from '../../scripts/lib/n8nContent.mjs';
import { findProgram } from '../../scripts/lib/debian.mjs';
import type { RedisServer } from '../../scripts/lib/redisServer.mjs';
import { startRedis } from '../../scripts/lib/redisServer.mjs';
import type { FitOptions, Workflow, WorkflowNode } from '../../scripts/lib/templates/fit.mjs';
import { stableId } from '../../scripts/lib/templates/fit.mjs';
import { testCredentials } from './gateway';
import type { LiteLlm } from './liteLlm';
import { LITELLM_KEY, startLiteLlm } from './liteLlm';
import type { MeaningServer } from './meaningServer';
import { startMeaningServer } from './meaningServer';
import type { TestN8n, WebhookAnswer } from './n8n';
import { backend, references, startTestN8n, template } from './n8n';
import { startChatSink, startMailSink } from './sinks';
import type { StandIn } from './standInProvider';
import { startStandIn } from './standInProvider';
import { unflatten } from './unflatten';

/** The key of the Header Auth credential, and the user of the Basic Auth one. */
const KEY = { 'x-api-key': 'end-to-end' };
export const VISITOR = { user: 'visitor', password: 'end-to-end' };

/** Questions that are stored in the file and then moved into Redis. */
export const MOVED = ['Do you ship abroad?', 'Can I pay later?'];

export interface Ran {
	status: string;
	/** Items on all outputs of the node's last run. */
	items(node: string): Array<Record<string, unknown>>;
}

export interface Templates {
	n8n: TestN8n;
	standIn: StandIn;
	meaning: MeaningServer;
	/** Undefined where the proxy is not to be had. */
	liteLlm: LiteLlm | undefined;
	chat: Awaited<ReturnType<typeof startChatSink>>;
	mail: Awaited<ReturnType<typeof startMailSink>>;
	/** Sends a request and tells how many model calls it caused. */
	ask(route: string, body: unknown): Promise<WebhookAnswer & { calls: number }>;
	get(route: string, headers?: Record<string, string>): Promise<Response>;
	/** Where the editor shows a template. */
	addressOf(name: string): string;
	/** Runs a workflow from one of its triggers, as the editor's button does, to its end. */
	run(name: string, trigger: string): Promise<Ran>;
	stop(): Promise<void>;
}

const nodeOf = ({ nodes }: Workflow, type: string): WorkflowNode =>
	nodes.find((node) => node.type.endsWith(type))!;

/** The template under another webhook path, with another way to embed, in a namespace of its own. */
function embedding(name: string, semantic: Record<string, unknown>) {
	return (workflow: Workflow): void => {
		workflow.name += ` (${name})`;
		const { parameters } = nodeOf(workflow, '.cacheLookup');
		Object.assign(parameters, { namespace: name, semantic });
		const webhook = nodeOf(workflow, '.webhook');
		Object.assign(webhook.parameters, { path: `semantic-cache-${name}` });
		webhook.webhookId = `semantic-cache-${name}`;
	};
}

function named(name: string) {
	return (workflow: Workflow): void => {
		workflow.name = name;
	};
}

/** Answers are fresh for a second only. */
function shortLived(workflow: Workflow): void {
	Object.assign(nodeOf(workflow, '.cacheStore').parameters, { ttlSeconds: 1, ttlJitterPercent: 0 });
}

/** The endpoint is not switched on without a key. */
function withKey(workflow: Workflow): void {
	nodeOf(workflow, '.llmEndpointTrigger').parameters.keys = {
		key: [{ key: 'end-to-end', name: 'tester', namespace: 'testers' }],
	};
}

/** Other questions, in a namespace of their own, to be moved from the file into Redis. */
function otherList(workflow: Workflow): void {
	workflow.name += ' (as shipped)';
	const requests = MOVED.map((prompt) => ({ prompt }));
	const list = workflow.nodes.find(({ name }) => name === 'List of requests')!;
	list.parameters.jsonOutput = JSON.stringify({ requests });
	nodeOf(workflow, '.cacheLookup').parameters.namespace = 'moved';
}

/** Template 01 on Redis, where the moved entries are asked for. */
function movedTo(workflow: Workflow): void {
	workflow.name += ' (moved)';
	nodeOf(workflow, '.cacheLookup').parameters.namespace = 'moved';
	const webhook = nodeOf(workflow, '.webhook');
	webhook.parameters.path = 'moved';
	webhook.webhookId = 'moved';
}

/** A port that nobody listens on. */
function noMlflow(workflow: Workflow): void {
	nodeOf(workflow, '.costTracker').parameters.tracesUrl = 'http://127.0.0.1:1';
}

interface Servers {
	standIn: StandIn;
	meaning: MeaningServer;
	liteLlm: LiteLlm | undefined;
	chat: { url: string };
	redis: RedisServer | undefined;
}

/** `[name, file, settings and changes]`; the name makes the id. */
function copies({ standIn, meaning, liteLlm, chat, redis }: Servers) {
	const openAi = { modelUrl: `${standIn.url}/v1`, model: 'gpt-4o-mini' };
	const both = { smallModelUrl: standIn.url, largeModelUrl: `${standIn.url}/v1` };
	const warmUp = { modelUrl: openAi.modelUrl, defaultModel: 'gpt-4o-mini' };
	const tei = { embedder: 'http', embedderProtocol: 'tei', embedderUrl: meaning.url };
	const list: Array<[string, string, Partial<FitOptions>]> = [
		['01', '01-prompt-cache-gateway.json', { settings: both }],
		['02', '02-openai-gateway.json', { change: withKey }],
		['03', '03-semantic-cache.json', { settings: openAi }],
		[
			'03 ollama',
			'03-semantic-cache.json',
			{ settings: openAi, change: embedding('ollama', { embedder: 'subNode' }) },
		],
		['03 tei', '03-semantic-cache.json', { settings: openAi, change: embedding('tei', tei) }],
		['05', '05-cached-agent.json', {}],
		['06', '06-cost-dashboard.json', {}],
		[
			'07 chat',
			'07-daily-cost-report.json',
			{ settings: { sendBy: 'chat', chatWebhookUrl: chat.url } },
		],
		[
			'07 mail',
			'07-daily-cost-report.json',
			{ settings: { sendBy: 'mail' }, change: named('07 by mail') },
		],
		[
			'08',
			'08-budget-guard.json',
			{ settings: { ...openAi, model: 'gpt-4o', dailyBudgetUsd: 0.003 } },
		],
		['09', '09-sentiment-small-model.json', {}],
		['10', '10-event-driven-invalidation.json', { settings: openAi }],
		['11', '11-warm-up-and-transfer.json', { settings: warmUp }],
		[
			'12',
			'12-provider-prompt-caching.json',
			{ settings: { ...openAi, instructions: 'You answer customers of a shop. '.repeat(250) } },
		],
		[
			'13',
			'13-provider-outage.json',
			{
				settings: { firstUrl: openAi.modelUrl, otherUrl: standIn.url },
				change: shortLived,
			},
		],
		// Its address has no MLflow here (test/e2e/mlflow.test.ts has one), which must make no difference.
		['14', '14-mlflow-tracing.json', { settings: openAi, change: noMlflow }],
		['15', '15-cascade-small-then-large.json', { settings: both }],
	];
	if (redis) {
		const shipped = '11-warm-up-and-transfer.json';
		list.push(
			['11 as shipped', shipped, { settings: warmUp, backend: undefined, change: otherList }],
			[
				'01 moved',
				'01-prompt-cache-gateway.json',
				{ settings: both, backend: 'redis', change: movedTo },
			],
		);
	}
	if (liteLlm) {
		list.push(['04', '04-litellm-two-level-cache.json', { settings: { litellmUrl: liteLlm.url } }]);
	}
	return list;
}

const idOf = (name: string): string => stableId(`e2e template ${name}`);

function credentialsFor(servers: Servers & { mail: { port: number } }) {
	const { standIn, meaning, liteLlm, mail, redis } = servers;
	const more = (type: string, data: Credential['data'], id = type): Credential => ({
		id: stableId(`e2e ${id}`),
		name: `Test ${id}`,
		type,
		data,
	});
	return {
		common: [
			...testCredentials(standIn, redis),
			more('httpBasicAuth', VISITOR),
			more('ollamaApi', { baseUrl: meaning.url }),
			more('smtp', {
				host: '127.0.0.1',
				port: mail.port,
				secure: false,
				disableStartTls: true,
				user: '',
				password: '',
			}),
		],
		liteLlm: more('openAiApi', { apiKey: LITELLM_KEY, url: `${liteLlm?.url}/v1` }, 'liteLlm'),
	};
}

/** Starts the servers, then n8n with all templates published. */
export async function startTemplates(liteLlmProgram: string | undefined): Promise<Templates> {
	const standIn = await startStandIn();
	const meaning = await startMeaningServer();
	const [chat, mail] = await Promise.all([startChatSink(), startMailSink()]);
	const redis = findProgram('redis-server') ? await startRedis() : undefined;
	let liteLlm: LiteLlm | undefined;
	const stopServers = async () => {
		await Promise.all([standIn.stop(), meaning.stop(), chat.stop(), mail.stop()]);
		await liteLlm?.stop();
		await redis?.close();
	};
	let n8n: TestN8n;
	let session: EditorSession;
	try {
		if (liteLlmProgram) {
			liteLlm = await startLiteLlm(liteLlmProgram, standIn.url, meaning);
		}
		const servers = { standIn, meaning, liteLlm, chat, mail, redis };
		const held = credentialsFor(servers);
		const credentials = references(held.common);
		const workflows = copies(servers).map(([name, file, options]) => {
			const own = name === '04' ? references([held.liteLlm]) : {};
			const fitting = { credentials: { ...credentials, ...own }, backend, ...options };
			return template(file, { id: idOf(name), ...fitting });
		});
		n8n = await startTestN8n({ credentials: [...held.common, held.liteLlm], workflows }, KEY);
		session = await n8n.logIn();
	} catch (error) {
		await stopServers();
		throw error;
	}
	return {
		n8n,
		standIn,
		meaning,
		liteLlm,
		chat,
		mail,
		ask: async (route, body) => {
			const before = standIn.calls().total;
			const answer = await n8n.post(route, body);
			return { ...answer, calls: standIn.calls().total - before };
		},
		get: (route, headers = {}) => fetch(`${n8n.url}/webhook/${route}`, { headers }),
		addressOf: (name) => `${n8n.url}/workflow/${idOf(name)}`,
		run: (name, trigger) => runFrom(session, idOf(name), trigger),
		stop: async () => {
			await n8n.stop();
			await stopServers();
		},
	};
}

async function runFrom(session: EditorSession, id: string, trigger: string): Promise<Ran> {
	const started = (await session.call('POST', `/workflows/${id}/run`, {
		triggerToStartFrom: { name: trigger },
	})) as { executionId: string };
	for (;;) {
		const { status, data } = (await session.call('GET', `/executions/${started.executionId}`)) as {
			status: string;
			data: string;
		};
		if (!['new', 'running', 'waiting'].includes(status)) return readRun(status, data);
		await sleep(100);
	}
}

type RunData = Record<
	string,
	Array<{ data?: { main?: Array<Array<{ json: Record<string, unknown> }> | null> } }>
>;

function readRun(status: string, data: string): Ran {
	const { resultData } = unflatten(JSON.parse(data) as unknown[]) as {
		resultData: { runData: RunData };
	};
	return {
		status,
		items: (node) =>
			(resultData.runData[node]?.at(-1)?.data?.main ?? []).flatMap((output) =>
				(output ?? []).map(({ json }) => json),
			),
	};
}
