import type { IDataObject, IExecuteFunctions, IRun } from 'n8n-workflow';
import type { JsonObject } from '../core/json';
import { isJsonObject } from '../core/json';

/**
 * What a running execution tells the process where a client waits for its answer. It travels as n8n's
 * own messages do, so it crosses from a queue worker to the main process: for `emit` as answers to the
 * response promise, for a webhook as chunks of the streamed response.
 */
export type RelayMessage =
	| {
			promptCache: 'started';
			executionId: string;
			/** How often the execution says that it is alive; left out where it cannot die alone. */
			beatMs?: number;
	  }
	| { promptCache: 'alive' }
	| { promptCache: 'text'; piece: string }
	| { promptCache: 'answer'; item: JsonObject }
	| { promptCache: 'failed'; status: number | null };

/** Type of the chunk that carries a message to a webhook's response. */
export const RELAY_CHUNK = 'prompt-cache';

export function isRelayMessage(value: unknown): value is RelayMessage {
	return isJsonObject(value) && typeof value.promptCache === 'string';
}

/** The parts of n8n's execution that this needs and that its types keep private. Tried on n8n 2.41, 2026-11. */
interface Hooks {
	handlers: Record<string, unknown[]>;
	runHook(name: string, parameters: unknown[]): Promise<void>;
}

interface Inside {
	additionalData?: { hooks?: Partial<Hooks>; streamingEnabled?: boolean };
}

/**
 * How often an execution on a queue worker says that it is alive. Of a worker that was killed n8n itself
 * tells after 60 to 120 s; n8n 1.123 then runs its executions elsewhere, 2.41 does not. Tried 2026-11.
 */
const BEAT_MS = 5_000;

/**
 * Makes the execution tell how it goes: that it started, what it streams, and with what it ended.
 * Where n8n hides what is needed, the waiting process falls back to what n8n itself tells it.
 */
export async function relayExecution(ctx: IExecuteFunctions, streamed: boolean): Promise<void> {
	const { additionalData } = ctx as unknown as Inside;
	const hooks = additionalData?.hooks;
	if (!additionalData || !hooks?.runHook || !hooks.handlers?.workflowExecuteAfter) return;
	const emitted = ctx.getMode() === 'trigger';
	if (!emitted && !additionalData.streamingEnabled) return;
	const send = async (message: RelayMessage): Promise<void> => {
		try {
			if (emitted) await ctx.sendResponse(message as unknown as IDataObject);
			else await hooks.runHook!('sendChunk', [toChunk(message)]);
		} catch (error) {
			ctx.logger.warn(`The answer could not be sent back: ${String(error)}`);
		}
	};
	const onWorker = process.env.EXECUTIONS_MODE === 'queue';
	const executionId = ctx.getExecutionId();
	await send({ promptCache: 'started', executionId, ...(onWorker ? { beatMs: BEAT_MS } : {}) });
	const beat = onWorker
		? setInterval(() => void send({ promptCache: 'alive' }), BEAT_MS).unref()
		: undefined;
	// First of all handlers: the client need not wait until n8n has saved the execution.
	hooks.handlers.workflowExecuteAfter.unshift((run: IRun) => {
		clearInterval(beat);
		return send(outcomeOf(run));
	});
	if (!emitted || !streamed || !hooks.handlers.sendChunk) return;
	allowStreaming(ctx);
	additionalData.streamingEnabled = true;
	hooks.handlers.sendChunk = [
		async (chunk: { type?: string; content?: string }) => {
			if (chunk.type !== 'item' || typeof chunk.content !== 'string') return;
			await send({ promptCache: 'text', piece: chunk.content });
		},
	];
}

function toChunk(message: RelayMessage): IDataObject {
	return { type: RELAY_CHUNK, content: JSON.stringify(message), metadata: {} };
}

/** What an execution ended with: the first item of the node that ran last. */
export function outcomeOf(run: IRun | undefined): RelayMessage {
	const result = run?.data?.resultData;
	if (!result || run?.waitTill || result.error) {
		const httpCode = Number((result?.error as { httpCode?: unknown } | undefined)?.httpCode);
		return { promptCache: 'failed', status: Number.isInteger(httpCode) ? httpCode : null };
	}
	const last = result.lastNodeExecuted ? result.runData[result.lastNodeExecuted] : undefined;
	const outputs = last?.at(-1)?.data?.main ?? [];
	const item = outputs.find((output) => output && output.length > 0)?.[0];
	if (!item) return { promptCache: 'failed', status: null };
	return { promptCache: 'answer', item: item.json as JsonObject };
}

const PATCHED = Symbol.for('n8n-nodes-prompt-cache.streaming.v1');

/**
 * n8n lets nodes stream in executions of webhooks, not of other triggers. An execution whose trigger
 * has a client waiting is let to, by its `streamingEnabled` alone.
 */
function allowStreaming(ctx: IExecuteFunctions): void {
	type Streaming = { isStreaming(): boolean; [PATCHED]?: boolean };
	let owner = Object.getPrototypeOf(ctx) as Streaming | null;
	while (owner && !Object.prototype.hasOwnProperty.call(owner, 'isStreaming')) {
		owner = Object.getPrototypeOf(owner) as Streaming | null;
	}
	if (!owner || owner[PATCHED]) return;
	const original = owner.isStreaming;
	owner[PATCHED] = true;
	owner.isStreaming = function isStreaming(this: IExecuteFunctions): boolean {
		if (original.call(this)) return true;
		const { additionalData } = this as unknown as Inside;
		return this.getMode() === 'trigger' && additionalData?.streamingEnabled === true;
	};
}
