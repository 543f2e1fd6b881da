import { parentPort } from 'node:worker_threads';
import { ConfigError } from '../shared/core/errors';
import type { JsonObject } from '../shared/core/json';
import type { RelayMessage } from '../shared/n8n/executionRelay';
import { hostLog } from '../shared/n8n/hostLog';
import { startEndpoint } from './endpoint';
import type { Exchange } from './exchange';
import { listen } from './listener';
import type { FromThread, Refusal, ToThread } from './portMessages';
import { createRuns } from './runs';
import { serve } from './serve';

/**
 * What runs inside the thread that answers at the ports (see portThread.ts): listeners, the cache with a connection of its
 * own, and the books of hits. Nothing of n8n is loaded here.
 */
if (!parentPort) throw new Error('This file is the inside of a thread');
const main = parentPort;
const opened = new Map<number, ReturnType<typeof listen>>();
const runs = createRuns();

const tell = (message: FromThread): void => main.postMessage(message);

main.on('message', (message: ToThread) => {
	switch (message.kind) {
		case 'open':
			void open(message);
			break;
		case 'close':
			void close(message.use);
			break;
		case 'relay':
		case 'ended':
			relayed(message);
	}
});

/** What goes wrong with one client's answer must not end the thread, and with it all others'. */
function relayed(message: Extract<ToThread, { run: number }>): void {
	const relay = runs.of(message.run);
	try {
		if (message.kind === 'relay') return relay?.receive(JSON.parse(message.json) as RelayMessage);
		runs.end(message.run);
		relay?.ended();
	} catch (error) {
		hostLog('warn', `What an execution told could not be passed on: ${String(error)}`);
	}
}

async function open({ use, place, plan }: Extract<ToThread, { kind: 'open' }>): Promise<void> {
	const start = (item: JsonObject, exchange?: Exchange): void => {
		const run = runs.add(exchange);
		if (run !== undefined) tell({ kind: 'start', use, run, item });
	};
	const stop = (executionId: string): void => tell({ kind: 'stop', executionId });
	const endpoint = startEndpoint(plan, stop);
	try {
		const listening = listen(place, (request, response, below) =>
			serve(request, response, below, endpoint, start),
		);
		opened.set(use, listening);
		await listening;
		tell({ kind: 'listening', use });
	} catch (error) {
		opened.delete(use);
		tell({ kind: 'refused', use, error: refusalOf(error) });
	}
}

async function close(use: number): Promise<void> {
	const leave = await opened.get(use)?.catch(() => undefined);
	opened.delete(use);
	await leave?.();
	tell({ kind: 'closed', use });
}

function refusalOf(error: unknown): Refusal {
	const message = error instanceof Error ? error.message : String(error);
	if (!(error instanceof ConfigError)) return { message };
	return { message, parameter: error.parameter, hint: error.hint };
}
