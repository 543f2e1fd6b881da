import { createPortThread, type PortThread, type PortUse } from './portThread';

/** Workflows share a port, also when n8n has reloaded the package in between: then it is at the thread of the code before. */
const HOLDERS = Symbol.for('n8n-nodes-prompt-cache.ports.v1');
const holders = ((globalThis as Record<symbol, unknown>)[HOLDERS] ??= new Map()) as Map<
	string,
	{ thread: PortThread; uses: number }
>;

const ownThread = createPortThread();

/**
 * Answers at a place until the function it resolves to is called; that one resolves when the place is free.
 * @throws ConfigError where the port is in use, the path is taken, or the address is not this machine's
 */
export async function openPort(
	use: PortUse,
	thread: PortThread = ownThread,
): Promise<() => Promise<void>> {
	const name = `${use.place.address}:${use.place.port}`;
	const holder = holders.get(name) ?? { thread, uses: 0 };
	holders.set(name, holder);
	holder.uses++;
	let left = false;
	const leave = (): void => {
		if (left) return;
		left = true;
		if (--holder.uses === 0) holders.delete(name);
	};
	try {
		const close = await holder.thread.open(use);
		return async () => {
			await close();
			leave();
		};
	} catch (error) {
		leave();
		throw error;
	}
}
