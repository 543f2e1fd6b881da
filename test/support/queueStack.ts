/** A main n8n in queue mode, its workers, one Redis or two, and a stand-in provider, for a test file. */
import type { Credential } from '../../scripts/lib/n8nContent.mjs';
import { freePort } from '../../scripts/lib/freePort.mjs';
import { startPostgres } from '../../scripts/lib/postgresServer.mjs';
import { startRedis, type RedisServer } from '../../scripts/lib/redisServer.mjs';
import type { Workflow } from '../../scripts/lib/templates/fit.mjs';
import { testCredentials } from './gateway';
import { startTestN8n, type TestN8n } from './n8n';
import {
	queueEnvironment,
	startN8nWebhooks,
	startN8nWorker,
	type N8nBeside,
	type N8nWebhooks,
	type N8nWorker,
} from './queueMode';
import { startStandIn, type StandIn } from './standInProvider';

export interface QueueStack {
	standIn: StandIn;
	n8n: TestN8n;
	workers: N8nWorker[];
	/** The Redis of the cache. */
	cache: RedisServer;
	/** Free for an endpoint to listen on. */
	port: number;
	/** Undefined where the main process answers webhooks. */
	webhooks?: N8nWebhooks;
	stop(): Promise<void>;
}

export interface QueuePlan {
	standIn?: Parameters<typeof startStandIn>[0];
	workflows(places: { port: number; standIn: StandIn; credentials: Credential[] }): Workflow[];
	workers: number;
	/** Executions that a worker runs at a time. */
	concurrency?: number;
	/** The cache has a Redis beside that of the queue, so that it alone can be away. */
	ownCache?: boolean;
	/** n8n supports queue mode on PostgreSQL only: SQLite is locked now and then under load. */
	postgres?: boolean;
	/** A process of its own answers webhooks. */
	webhooks?: boolean;
	env?: Record<string, string>;
}

/** Starts all of it; what was started is stopped again where a part of it does not start. */
export async function startQueueStack(plan: QueuePlan): Promise<QueueStack> {
	const stops: Array<() => Promise<void>> = [];
	const stop = async (): Promise<void> => {
		for (const end of stops.splice(0).reverse()) await end();
	};
	try {
		return { ...(await startAll(plan, (end) => stops.push(end))), stop };
	} catch (error) {
		await stop();
		throw error;
	}
}

async function startAll(
	plan: QueuePlan,
	atEnd: (end: () => Promise<void>) => void,
): Promise<Omit<QueueStack, 'stop'>> {
	const standIn = await startStandIn(plan.standIn);
	atEnd(() => standIn.stop());
	const openRedis = async () => {
		const server = await startRedis();
		atEnd(() => server.close());
		return server;
	};
	const queue = await openRedis();
	const cache = plan.ownCache ? await openRedis() : queue;
	const postgres = plan.postgres ? await startPostgres() : undefined;
	if (postgres) atEnd(() => postgres.close());
	const port = await freePort();
	const env = { ...postgres?.env, ...queueEnvironment(queue.port), ...plan.env };
	const credentials = testCredentials(standIn, cache);
	const workflows = plan.workflows({ port, standIn, credentials });
	const n8n = await startTestN8n({ credentials, workflows, env, database: postgres?.env });
	atEnd(() => n8n.stop());
	const { userFolder } = n8n;
	const beside: N8nBeside[] = [];
	atEnd(async () => void (await Promise.all(beside.map((one) => one.stop()))));
	const webhooks = plan.webhooks
		? await startN8nWebhooks({ userFolder, name: 'webhooks', env })
		: undefined;
	if (webhooks) beside.push(webhooks);
	const workers: N8nWorker[] = [];
	for (let number = 1; number <= plan.workers; number += 1) {
		const { concurrency } = plan;
		const worker = await startN8nWorker({ userFolder, name: `worker-${number}`, env, concurrency });
		beside.push(worker);
		workers.push(worker);
	}
	return { standIn, n8n, workers, cache, port, webhooks };
}
