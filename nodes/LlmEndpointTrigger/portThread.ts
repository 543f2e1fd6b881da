import { Worker } from 'node:worker_threads';
import type { Logger } from 'n8n-workflow';
import { ConfigError } from '../shared/core/errors';
import type { JsonObject } from '../shared/core/json';
import type { RelayMessage } from '../shared/n8n/executionRelay';
import { hostLog } from '../shared/n8n/hostLog';
import { stopExecution } from '../shared/n8n/stopExecution';
import type { EndpointPlan } from './endpoint';
import type { Relay } from './handOver';
import type { FromThread, Refusal, ToThread } from './portMessages';
import type { Place } from './settings';

/** An endpoint at a port, and how its executions are started. */
export interface PortUse {
	place: Place;
	plan: EndpointPlan;
	logger: Pick<Logger, 'error'>;
	start(item: JsonObject, relay: Relay): void;
}

export interface PortThread {
	/**
	 * Answers at a place until the function it resolves to is called; that one resolves when the place is free.
	 * @throws ConfigError where the port is in use, the path is taken, or the address is not this machine's
	 */
	open(use: PortUse): Promise<() => Promise<void>>;
}

export interface PortThreadOptions {
	spawn?(): Worker;
	/** How long an endpoint that is closed keeps the thread, ms; as long as its answers may take if left out. */
	lingerMs?: number;
	/** When a thread that ended by itself is started again, ms. */
	restartMs?: number;
}

/** What is kept and booked of an answer is written in this time. */
const SETTLE_MS = 15_000;
/** A thread that does not free a place in this time is ended: n8n waits for it when it shuts down. */
const CLOSE_MS = 5_000;

interface Opened extends PortUse {
	/** `lost`: it died with its thread. `closed`: requests that were under way may still start an execution. */
	state: 'opening' | 'open' | 'lost' | 'closing' | 'closed';
	/** Tells who opens it how that went. */
	settle(error?: Error): void;
	/** Tells who closes it. */
	closed(): void;
}

/**
 * A thread that answers at the ports of this process, from the moment that there is one until none is left.
 *
 * Why a thread: n8n's heap is so large and busy that V8 moves 10 to 33 % of what a request allocates to the old
 * generation (outside n8n 0.03 %), whose collection then costs a fifth of a hit's processor time and more. In a thread, with
 * a heap of its own, a hit costs less (figures: bench/RESULTS.md), and is answered while an execution keeps n8n's event loop busy (n8n
 * 2.41 with Node 24, 2026-11). Only what needs n8n crosses by messages: starting an execution, what it tells, stopping it.
 */
export function createPortThread(options: PortThreadOptions = {}): PortThread {
	const { spawn = startWorker, restartMs = 1_000 } = options;
	const uses = new Map<number, Opened>();
	let lastUse = 0;
	let worker: Worker | undefined;
	let restart: NodeJS.Timeout | undefined;

	const post = (message: ToThread): void => running().postMessage(message);

	function running(): Worker {
		if (worker) return worker;
		const started = spawn();
		let reason = 'it ended by itself';
		started.unref();
		started.on('message', (message: FromThread) => receive(message, started));
		started.on('error', (error: Error) => (reason = error.message));
		started.on('exit', () => {
			if (worker === started) ended(reason);
		});
		return (worker = started);
	}

	function receive(message: FromThread, from: Worker): void {
		switch (message.kind) {
			case 'log':
				return hostLog(message.level, message.text);
			case 'stop':
				return void stopExecution(message.executionId);
			case 'start':
				return start(message, from);
			case 'listening':
				return uses.get(message.use)?.settle();
			case 'refused':
				return uses.get(message.use)?.settle(errorFrom(message.error));
			case 'closed':
				uses.get(message.use)?.closed();
		}
	}

	function start({ use, run, item }: Extract<FromThread, { kind: 'start' }>, from: Worker): void {
		const tell = (message: ToThread): void => from.postMessage(message);
		const relay: Relay = {
			receive: (message) => tell({ kind: 'relay', run, json: jsonOf(message) }),
			ended: () => tell({ kind: 'ended', run }),
		};
		const opened = uses.get(use);
		if (!opened) return relay.ended();
		try {
			opened.start(item, relay);
		} catch (error) {
			opened.logger.error(`No execution could be started for a request: ${String(error)}`);
			relay.ended();
		}
	}

	/** Those who waited for the thread's answers are gone with it; the ports are opened again. */
	function ended(reason: string): void {
		worker = undefined;
		for (const opened of [...uses.values()]) {
			const error = new Error(`its thread ended (${reason})`);
			if (opened.state === 'opening') opened.settle(error);
			if (opened.state === 'open') lose(opened, error);
			if (opened.state === 'closing') opened.closed();
		}
	}

	function lose(opened: Opened, { message }: Error): void {
		const { address, port, path } = opened.place;
		opened.logger.error(
			`${address}:${port}${path} is closed, and will be opened again: ${message}`,
		);
		opened.state = 'lost';
		restart ??= setTimeout(openAgain, restartMs).unref();
	}

	function openAgain(): void {
		restart = undefined;
		for (const [use, opened] of uses) {
			if (opened.state !== 'lost') continue;
			opened.state = 'opening';
			opened.settle = (error) => {
				if (opened.state !== 'opening') return;
				if (error) lose(opened, error);
				else opened.state = 'open';
			};
			post({ kind: 'open', use, place: opened.place, plan: opened.plan });
		}
	}

	function forget(use: number): void {
		uses.delete(use);
		if (uses.size > 0) return;
		const over = worker;
		worker = undefined;
		void over?.terminate();
	}

	async function close(use: number, opened: Opened): Promise<void> {
		if (opened.state === 'lost') return forget(use);
		if (opened.state === 'closing' || opened.state === 'closed') return;
		const thread = running();
		// Where it is n8n's thread that was busy all the time, the answer is there and only has to be read.
		const hung = (): unknown => opened.state === 'closing' && thread.terminate();
		const late = setTimeout(() => setImmediate(hung), CLOSE_MS).unref();
		await new Promise<void>((resolve) => {
			opened.state = 'closing';
			opened.closed = resolve;
			post({ kind: 'close', use });
		});
		clearTimeout(late);
		opened.state = 'closed';
		const lingerMs = options.lingerMs ?? opened.plan.answerTimeoutMs + SETTLE_MS;
		setTimeout(() => forget(use), lingerMs).unref();
	}

	return {
		async open(request) {
			const use = ++lastUse;
			const nobody = (): void => undefined;
			const opened: Opened = { ...request, state: 'opening', settle: nobody, closed: nobody };
			uses.set(use, opened);
			try {
				await new Promise<void>((resolve, reject) => {
					opened.settle = (error) => (error ? reject(error) : resolve());
					post({ kind: 'open', use, place: request.place, plan: request.plan });
				});
			} catch (error) {
				forget(use);
				throw error;
			}
			opened.state = 'open';
			return () => close(use, opened);
		},
	};
}

const startWorker = (): Worker => new Worker(require.resolve('./threadEntry'));

function errorFrom({ message, parameter, hint = '' }: Refusal): Error {
	return parameter === undefined ? new Error(message) : new ConfigError(message, parameter, hint);
}

function jsonOf(message: RelayMessage): string {
	try {
		return JSON.stringify(message);
	} catch {
		// An answer that is no JSON, such as one that holds itself.
		const failed: RelayMessage = { promptCache: 'failed', status: null };
		return JSON.stringify(failed);
	}
}
