import type { ServerResponse } from 'node:http';
import type { IDataObject, IRun, ITriggerFunctions } from 'n8n-workflow';
import type { JsonObject } from '../shared/core/json';
import { isJsonObject } from '../shared/core/json';
import { isRelayMessage, outcomeOf, RELAY_CHUNK } from '../shared/n8n/executionRelay';
import type { Exchange } from './exchange';

/** Who is told how an execution goes. */
export type Relay = Pick<Exchange, 'receive' | 'ended'>;

type Emit = Required<Parameters<ITriggerFunctions['emit']>>;

/**
 * Starts an execution for a request at a port. n8n hands every answer that the execution sends to
 * `resolve`, also from a queue worker: text, outcome and all come that way.
 */
export function emitRequest(ctx: ITriggerFunctions, item: JsonObject, told: Relay): void {
	const answers: Emit[1] = {
		promise: new Promise(() => undefined),
		resolve: (message) => {
			if (isRelayMessage(message)) told.receive(message);
		},
		reject: () => told.ended(),
	};
	const done: Emit[2] = {
		promise: new Promise(() => undefined),
		resolve: (run) => {
			const outcome = outcomeOf(run as IRun);
			if (outcome.promptCache === 'answer') told.receive(outcome);
			told.ended();
		},
		reject: () => told.ended(),
	};
	ctx.emit([[{ json: item as IDataObject }]], answers, done);
}

/**
 * Takes over the response of a webhook: n8n writes one JSON line for each chunk of the execution to it,
 * and ends it with the execution.
 */
export function readExecution(response: ServerResponse, exchange: Exchange): void {
	let rest = '';
	const write = (chunk: unknown): boolean => {
		const lines = (rest + String(chunk)).split('\n');
		rest = lines.pop() ?? '';
		for (const line of lines) readLine(line, exchange);
		return true;
	};
	response.write = write as ServerResponse['write'];
	response.end = (() => {
		exchange.ended();
		return response;
	}) as ServerResponse['end'];
}

function readLine(line: string, exchange: Exchange): void {
	let chunk: unknown;
	try {
		chunk = JSON.parse(line);
	} catch {
		// Nothing of n8n's: it writes whole lines.
		return;
	}
	if (!isJsonObject(chunk) || typeof chunk.content !== 'string') return;
	if (chunk.type === 'item') exchange.receive({ promptCache: 'text', piece: chunk.content });
	if (chunk.type !== RELAY_CHUNK) return;
	const message: unknown = JSON.parse(chunk.content);
	if (isRelayMessage(message)) exchange.receive(message);
}
