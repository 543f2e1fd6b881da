import { join } from 'node:path';
import { Worker, type WorkerOptions } from 'node:worker_threads';

const preload = join(__dirname, 'typescript.js');

/** Starts the thread that answers at ports from its TypeScript; `more` are its options beside. */
export const spawnThread = (more: WorkerOptions = {}): Worker =>
	new Worker(require.resolve('../../nodes/LlmEndpointTrigger/threadEntry'), {
		...more,
		execArgv: ['--no-warnings', '-r', preload, ...(more.execArgv ?? [])],
	});

/** Asks a URL from a thread of its own, so that an answer comes while the caller's thread stands still. */
export async function askerOf(url: string, init: RequestInit) {
	const shared = new Int32Array(new SharedArrayBuffer(8));
	const program = `
		const { workerData: { url, init, shared }, parentPort } = require('node:worker_threads');
		parentPort.once('message', async () => {
			const { status } = await fetch(url, init).catch(() => ({ status: 599 }));
			Atomics.store(shared, 1, status);
			Atomics.notify(shared, 1);
		});
		parentPort.postMessage('ready');`;
	const asker = new Worker(program, { eval: true, workerData: { url, init, shared } });
	await new Promise((resolve) => asker.once('message', resolve));
	return {
		/** Asks, and stands still until there is an answer; 0 where none came in `ms`. */
		standStill(ms: number): number {
			asker.postMessage('ask');
			Atomics.wait(shared, 1, 0, ms);
			return shared[1]!;
		},
		end: () => asker.terminate(),
	};
}
