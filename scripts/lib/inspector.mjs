/** Looks into a running Node process over its inspector: memory that is really in use, and what it keeps open. */
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Connects to a process that was started with `--inspect=127.0.0.1:PORT`. `look()` collects garbage and
 * resolves to `{ heapBytes, resources }`: bytes in use, and how many of each kind of handle are open.
 */
export async function openInspector(port) {
	const answer = await fetch(`http://127.0.0.1:${port}/json/list`);
	const [target] = await answer.json();
	const socket = new WebSocket(target.webSocketDebuggerUrl);
	await new Promise((resolve, reject) => {
		socket.addEventListener('open', resolve);
		socket.addEventListener('error', reject);
	});
	const waiting = new Map();
	socket.addEventListener('message', ({ data }) => {
		const reply = JSON.parse(String(data));
		waiting.get(reply.id)?.(reply);
		waiting.delete(reply.id);
	});
	let last = 0;
	const call = (method, params = {}) =>
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
			const resources = {};
			for (const name of JSON.parse(open?.result?.value ?? '[]')) {
				resources[name] = (resources[name] ?? 0) + 1;
			}
			return { heapBytes: heap?.usedSize ?? 0, resources };
		},
		close: () => socket.close(),
	};
}
