/** Workers and webhook processes beside a main n8n: queue mode, but with one host, database and Redis. */
import { spawn, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../scripts/lib/freePort.mjs';
import { ensureN8nHost } from '../../scripts/lib/n8nHost.mjs';
import { n8nEnvironment } from '../../scripts/lib/n8nProcess.mjs';

/** What all processes are told of the queue. */
export function queueEnvironment(redisPort: number): Record<string, string> {
	return {
		EXECUTIONS_MODE: 'queue',
		QUEUE_BULL_REDIS_HOST: '127.0.0.1',
		QUEUE_BULL_REDIS_PORT: String(redisPort),
		OFFLOAD_MANUAL_EXECUTIONS_TO_WORKERS: 'false',
	};
}

export interface N8nBeside {
	log(): string;
	/** Ends it as a crash would. */
	kill(): Promise<void>;
	stop(): Promise<void>;
}

export interface N8nWorker extends N8nBeside {
	/** Numbers of the executions this worker ran, in order. */
	executions(): string[];
	/** How many it has begun and not ended. */
	inHand(): number;
}

export interface N8nWebhooks extends N8nBeside {
	url: string;
}

interface Plan {
	userFolder: string;
	/** Of its log. */
	name: string;
	env: Record<string, string>;
}

/** Starts `n8n worker` on the user folder of the main process and resolves when it takes jobs. */
export async function startN8nWorker({
	concurrency = 2,
	...plan
}: Plan & { concurrency?: number }): Promise<N8nWorker> {
	const isReady = (log: string) => /n8n worker is now ready/i.test(log);
	const beside = await startBeside(plan, ['worker', `--concurrency=${concurrency}`], isReady);
	const numbers = (what: RegExp) => [...beside.log().matchAll(what)].map(([, number]) => number!);
	const executions = () => numbers(/Worker started execution (\d+)/g);
	return {
		...beside,
		executions,
		inHand: () => executions().length - numbers(/Worker finished execution (\d+)/g).length,
	};
}

/** Starts `n8n webhook`, which answers production webhooks, and resolves when it does. */
export async function startN8nWebhooks({ env, ...plan }: Plan): Promise<N8nWebhooks> {
	const port = await freePort();
	const url = `http://127.0.0.1:${port}`;
	const isReady = () =>
		fetch(`${url}/healthz/readiness`).then(
			({ ok }) => ok,
			() => false,
		);
	const own = { ...env, N8N_PORT: String(port), WEBHOOK_URL: `${url}/` };
	return { ...(await startBeside({ ...plan, env: own }, ['webhook'], isReady)), url };
}

async function startBeside(
	{ userFolder, name, env }: Plan,
	command: string[],
	isReady: (log: string) => boolean | Promise<boolean>,
): Promise<N8nBeside> {
	const host = await ensureN8nHost({ node: process.execPath, version: process.env.N8N_VERSION });
	const file = path.join(userFolder, `${name}.log`);
	const output = fs.openSync(file, 'w');
	const child = spawn(host.node, [host.bin, ...command], {
		cwd: userFolder,
		detached: true,
		stdio: ['ignore', output, output],
		env: n8nEnvironment(host, userFolder, {
			...env,
			N8N_RUNNERS_BROKER_PORT: String(await freePort()),
		}),
	});
	fs.closeSync(output);
	const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
	const log = () => fs.readFileSync(file, 'utf8');
	const kill = async () => {
		signal(child, 'SIGKILL');
		await ended;
	};
	try {
		for (let tries = 0; !(await isReady(log())); tries++) {
			if (tries > 600 || child.exitCode !== null) {
				throw new Error(`n8n ${command[0]} was not ready:\n${log().slice(-3000)}`);
			}
			await sleep(200);
		}
	} catch (error) {
		await kill();
		throw error;
	}
	return {
		log,
		kill,
		stop: async () => {
			signal(child, 'SIGTERM');
			await Promise.race([ended, sleep(8_000)]);
			await kill();
		},
	};
}

function signal({ pid }: ChildProcess, name: NodeJS.Signals): void {
	try {
		process.kill(-pid!, name);
	} catch {
		// It has ended.
	}
}
