import { randomUUID } from 'node:crypto';
import type { ChatModel, ChatResult, Generation, LangChainMessage } from './chatModelShape';
import type { HostClasses } from './hostClasses';

/** n8n's callback handler that writes a model's run data and counts its tokens. */
interface Tracer {
	handleLLMStart?(llm: unknown, prompts: string[], runId: string): Promise<void>;
	handleLLMEnd?(
		output: { generations: Generation[][]; llmOutput?: Record<string, unknown> },
		runId: string,
	): Promise<void>;
	handleLLMError?(error: unknown, runId: string): Promise<void>;
	setParentRunIndex(index: number): void;
	executionFunctions?: { getNextRunIndex?(): number; getNode?(): { name: string } };
	runsMap?: Record<string, { index: number } | undefined>;
}

/** Where n8n filed a real call. */
export interface TracedRun {
	node: string;
	run: number;
}

/** Tells n8n of one call that really goes to the provider. */
export interface TracedCall {
	run: TracedRun | undefined;
	end(result: Pick<ChatResult, 'generations' | 'llmOutput'>): Promise<void>;
	fail(error: unknown): Promise<void>;
}

export type StartTrace = (messages: LangChainMessage[], parentRun: number) => Promise<TracedCall>;

/**
 * Takes n8n's tracers off a model, so that they see real calls only: a hit would else be counted as tokens spent.
 * @returns starts the tracing of one call; `parentRun` is the cache node's own run it belongs to
 */
export function takeTracers(model: ChatModel, host: HostClasses): StartTrace {
	const handlers = handlersOf(model.callbacks);
	const tracers = handlers.filter(isTracer);
	model.callbacks = handlers.filter((handler) => !isTracer(handler));
	return async (messages, parentRun) => {
		const runId = randomUUID();
		const prompts = [host.getBufferString(messages)];
		for (const tracer of tracers) {
			// The tracer adds its own run number to what it is given.
			const own = tracer.executionFunctions?.getNextRunIndex?.() ?? 0;
			tracer.setParentRunIndex(parentRun - own);
			await tracer.handleLLMStart?.(model.toJSON(), prompts, runId);
		}
		return {
			run: runOf(tracers[0], runId),
			end: async ({ generations, llmOutput }) => {
				for (const tracer of tracers) {
					await tracer.handleLLMEnd?.({ generations: [generations], llmOutput }, runId);
				}
			},
			fail: async (error) => {
				for (const tracer of tracers) await tracer.handleLLMError?.(error, runId);
			},
		};
	};
}

function runOf(tracer: Tracer | undefined, runId: string): TracedRun | undefined {
	const node = tracer?.executionFunctions?.getNode?.().name;
	const run = tracer?.runsMap?.[runId]?.index;
	return node === undefined || run === undefined ? undefined : { node, run };
}

function handlersOf(callbacks: unknown): unknown[] {
	if (Array.isArray(callbacks)) return callbacks;
	const { handlers } = (callbacks ?? {}) as { handlers?: unknown };
	return Array.isArray(handlers) ? handlers : [];
}

function isTracer(handler: unknown): handler is Tracer {
	return typeof (handler as Partial<Tracer> | null)?.setParentRunIndex === 'function';
}
