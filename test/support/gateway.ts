/** Template 01 in a real n8n, before a stand-in provider, with the backend of this run. */
import type { Credential } from '../../scripts/lib/n8nContent.mjs';
import type { RedisServer } from '../../scripts/lib/redisServer.mjs';
import { startRedis } from '../../scripts/lib/redisServer.mjs';
import type { Workflow } from '../../scripts/lib/templates/fit.mjs';
import { stableId } from '../../scripts/lib/templates/fit.mjs';
import type { TestN8n, TestN8nOptions, WebhookAnswer } from './n8n';
import { backend, references, startTestN8n, template } from './n8n';
import type { StandIn } from './standInProvider';
import { startStandIn } from './standInProvider';

export const GATEWAY = 'prompt-cache-gateway';
const KEY = { 'x-api-key': 'end-to-end' };

export interface Gateway {
	n8n: TestN8n;
	standIn: StandIn;
	/** Undefined on the embedded backend. */
	redis: RedisServer | undefined;
	/** Sends a request and tells how many model calls it caused. */
	ask(body: unknown, route?: string): Promise<WebhookAnswer & { calls: number }>;
	stop(): Promise<void>;
}

/** The credentials the templates need, for a stand-in and perhaps a Redis. */
export function testCredentials(standIn: StandIn, redis?: RedisServer): Credential[] {
	const credential = (type: string, data: Credential['data']): Credential => ({
		id: stableId(`e2e ${type}`),
		name: `Test ${type}`,
		type,
		data,
	});
	return [
		credential('httpHeaderAuth', { name: 'x-api-key', value: KEY['x-api-key'] }),
		credential('openAiApi', { apiKey: 'stand-in', url: `${standIn.url}/v1` }),
		...(redis
			? [credential('promptCacheRedisApi', { host: '127.0.0.1', port: redis.port, database: 0 })]
			: []),
	];
}

/** Template 01 under another webhook path and namespace, so that two tenants can be asked. */
function otherTenant(workflow: Workflow): void {
	workflow.name = 'Gateway of another tenant';
	for (const node of workflow.nodes) {
		if (node.type === 'n8n-nodes-base.webhook') {
			node.parameters.path = `${GATEWAY}-other`;
			node.webhookId = 'other-tenant';
		}
		if (node.type.endsWith('.cacheLookup')) node.parameters.namespace = 'other';
	}
}

type GatewayN8n = Pick<TestN8nOptions, 'env' | 'packageFolder'>;

/** Starts stand-in, Redis where this run is about it, and n8n with template 01 for two tenants. */
export async function startGateway(n8nOptions: GatewayN8n = {}): Promise<Gateway> {
	const standIn = await startStandIn();
	const redis = backend === 'redis' ? await startRedis() : undefined;
	const stopServers = async () => {
		await standIn.stop();
		await redis?.close();
	};
	let n8n: TestN8n;
	try {
		n8n = await startN8nWithGateway(n8nOptions, standIn, redis);
	} catch (error) {
		await stopServers();
		throw error;
	}
	return {
		n8n,
		standIn,
		redis,
		ask: async (body, route = GATEWAY) => {
			const before = standIn.calls().total;
			const answer = await n8n.post(route, body);
			return { ...answer, calls: standIn.calls().total - before };
		},
		stop: async () => {
			await n8n.stop();
			await stopServers();
		},
	};
}

function startN8nWithGateway(
	n8nOptions: GatewayN8n,
	standIn: StandIn,
	redis?: RedisServer,
): Promise<TestN8n> {
	const credentials = testCredentials(standIn, redis);
	const settings = { smallModelUrl: standIn.url, largeModelUrl: `${standIn.url}/v1` };
	const options = { credentials: references(credentials), settings, backend };
	const file = '01-prompt-cache-gateway.json';
	const workflows = [
		template(file, { ...options, id: stableId('e2e gateway') }),
		template(file, { ...options, id: stableId('e2e other'), change: otherTenant }),
	];
	return startTestN8n({ ...n8nOptions, credentials, workflows }, KEY);
}
