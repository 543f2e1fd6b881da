/** Looks into a running Node process over its inspector: memory that is really in use, and what it keeps open. */
import { setTimeout as sleep } from 'node:timers/promises';

export interface Insight {
	/** Bytes in use after collecting garbage. */
	heapBytes: number;
	/** How many of each kind of timer, socket and handle are open. */
	resources: Record<string, number>;
}

export interface Inspector {
	look(): Promise<Insight>;
	close(): void;
}

interface Reply {
	id: number;
	result?: { usedSize?: number; result?: { value?: string } };
}

/** Connects to a process that was started with `--inspect=127.0.0.1:PORT`. */
export async function openInspector(port: number): Promise<Inspector> {
	const answer = await fetch(`http://127.0.0.1:${port}/json/list`);
	const [target] = (await answer.json()) as Array<{ webSocketDebuggerUrl: string }>;
	const socket = new WebSocket(target!.webSocketDebuggerUrl);
	await new Promise((resolve, reject) => {
		socket.addEventListener('open', resolve);
		socket.addEventListener('error', reject);
	});
	const waiting = new Map<number, (reply: Reply) => void>();
	socket.addEventListener('message', ({ data }) => {
		const reply = JSON.parse(String(data)) as Reply;
		waiting.get(reply.id)?.(reply);
		waiting.delete(reply.id);
	});
	let last = 0;
	const call = (method: string, params: object = {}): Promise<Reply> =>
		new Promise((resolve) => {
			const id = ++last;
			waiting.set(id, resolve);
			socket.send(JSON.stringify({ id, method, params }));
		});
	return {
		look: async () => {
			for (const pause of [200, 200, 0]) {
				await call('HeapProfiler.collectGarbage');
				await sleep(pause);
			}
			const { result: heap } = await call('Runtime.getHeapUsage');
			const expression = 'JSON.stringify(process.getActiveResourcesInfo())';
			const { result: open } = await call('Runtime.evaluate', { expression });
			const names = JSON.parse(open?.result?.value ?? '[]') as string[];
			const resources: Record<string, number> = {};
			for (const name of names) resources[name] = (resources[name] ?? 0) + 1;
			return { heapBytes: heap?.usedSize ?? 0, resources };
		},
		close: () => socket.close(),
	};
}
