/** Workers beside a main n8n: queue mode, as on several hosts, but with one database and one Redis. */
import { spawn, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../scripts/lib/freePort.mjs';
import { ensureN8nHost } from '../../scripts/lib/n8nHost.mjs';
import { n8nEnvironment } from '../../scripts/lib/n8nProcess.mjs';

/** What main and workers are told of the queue. */
export function queueEnvironment(redisPort: number): Record<string, string> {
	return {
		EXECUTIONS_MODE: 'queue',
		QUEUE_BULL_REDIS_HOST: '127.0.0.1',
		QUEUE_BULL_REDIS_PORT: String(redisPort),
		OFFLOAD_MANUAL_EXECUTIONS_TO_WORKERS: 'false',
	};
}

export interface N8nWorker {
	/** Numbers of the executions this worker ran, in order. */
	executions(): string[];
	log(): string;
	stop(): Promise<void>;
}

/** Starts `n8n worker` on the user folder of the main process and resolves when it takes jobs. */
export async function startN8nWorker(
	userFolder: string,
	name: string,
	env: Record<string, string>,
): Promise<N8nWorker> {
	const host = await ensureN8nHost({ node: process.execPath, version: process.env.N8N_VERSION });
	const file = path.join(userFolder, `${name}.log`);
	const output = fs.openSync(file, 'w');
	const child = spawn(host.node, [host.bin, 'worker', '--concurrency=2'], {
		cwd: userFolder,
		detached: true,
		stdio: ['ignore', output, output],
		env: n8nEnvironment(host, userFolder, {
			...env,
			N8N_RUNNERS_BROKER_PORT: String(await freePort()),
			N8N_LOG_LEVEL: 'debug',
		}),
	});
	fs.closeSync(output);
	const log = () => fs.readFileSync(file, 'utf8');
	try {
		await waitFor(() => /Worker is now ready|n8n worker is now ready/i.test(log()), child, log);
	} catch (error) {
		kill(child, 'SIGKILL');
		throw error;
	}
	return {
		log,
		executions: () =>
			[...log().matchAll(/Worker started execution (\d+)/g)].map(([, number]) => number!),
		stop: async () => {
			const ended = new Promise((resolve) => child.once('close', resolve));
			kill(child, 'SIGTERM');
			await Promise.race([ended, sleep(8_000)]);
			kill(child, 'SIGKILL');
		},
	};
}

function kill({ pid }: ChildProcess, signal: NodeJS.Signals): void {
	try {
		process.kill(-pid!, signal);
	} catch {
		// It has ended.
	}
}

async function waitFor(done: () => boolean, child: ChildProcess, log: () => string): Promise<void> {
	for (let tries = 0; !done(); tries++) {
		if (tries > 600 || child.exitCode !== null) {
			throw new Error(`The worker was not ready:\n${log().slice(-3000)}`);
		}
		await sleep(200);
	}
}
