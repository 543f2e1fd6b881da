import type { JsonObject } from '../core/json';
import { takeTracers } from './callTracers';
import { requestOf } from './chatFacts';
import {
	isChatModel,
	type CallOptions,
	type ChatModel,
	type ChatResult,
	type GenerationChunk,
	type LangChainMessage,
	type RunManager,
} from './chatModelShape';
import type { HostClasses } from './hostClasses';
import type { ModelCall, Route } from './modelCall';

/** A model, or what its `bindTools` returned, called the way LangChain programs call it. */
interface Runnable {
	invoke(messages: LangChainMessage[], options: CallOptions): Promise<LangChainMessage>;
	stream(
		messages: LangChainMessage[],
		options: CallOptions,
	): Promise<AsyncIterable<LangChainMessage>>;
	bindTools?(...given: unknown[]): unknown;
	bound?: unknown;
	kwargs?: Record<string, unknown>;
	config?: Record<string, unknown>;
}

/** The second model of the node, which answers what is easy. */
export interface SmallModel {
	/** The same model with an agent's tools; undefined where it takes none. */
	withTools(given: unknown[]): SmallModel | undefined;
	call(
		messages: LangChainMessage[],
		options: CallOptions,
		route: Route,
		runManager: RunManager | undefined,
	): ModelCall;
}

export function smallModel(model: unknown, host: HostClasses): SmallModel | undefined {
	const runnable = model as Runnable;
	const chat = isChatModel(model) ? model : runnable.bound;
	if (!isChatModel(chat)) return undefined;
	const trace = tracersOf(chat, host);
	const bound: CallOptions = { ...runnable.kwargs, ...runnable.config };
	return {
		withTools: (given) =>
			typeof runnable.bindTools === 'function'
				? smallModel(runnable.bindTools(...given), host)
				: undefined,
		call: (messages, { signal }, route, runManager) => {
			// No callbacks: else the tokens would reach the caller twice.
			const options = { signal, callbacks: [] };
			return {
				request: requestOf(chat, messages, bound),
				options: { signal },
				route,
				trace: (parentRun) => trace(messages, parentRun),
				whole: async () => resultOf(await runnable.invoke(messages, options)),
				stream: () => chunksOf(runnable, messages, options, host, runManager),
			};
		},
	};
}

const traces = new WeakMap<ChatModel, ReturnType<typeof takeTracers>>();

/** Tools may be bound several times to one and the same model. */
function tracersOf(chat: ChatModel, host: HostClasses): ReturnType<typeof takeTracers> {
	const known = traces.get(chat) ?? takeTracers(chat, host);
	traces.set(chat, known);
	return known;
}

function resultOf(message: LangChainMessage): ChatResult {
	const text = typeof message.content === 'string' ? message.content : '';
	const { usage_metadata: usage, response_metadata: metadata } = message;
	const llmOutput: JsonObject = {};
	if (usage) {
		llmOutput.tokenUsage = {
			promptTokens: Number(usage.input_tokens),
			completionTokens: Number(usage.output_tokens),
			totalTokens: Number(usage.total_tokens),
		};
	}
	return { generations: [{ text, message }], llmOutput: { ...llmOutput, usage: metadata?.usage } };
}

async function* chunksOf(
	runnable: Runnable,
	messages: LangChainMessage[],
	options: CallOptions,
	{ ChatGenerationChunk }: HostClasses,
	runManager: RunManager | undefined,
): AsyncGenerator<GenerationChunk> {
	const at = { prompt: 0, completion: 0 };
	for await (const message of await runnable.stream(messages, options)) {
		const text =
			typeof message.content === 'string'
				? message.content
				: ((message as { text?: string }).text ?? '');
		const chunk = new ChatGenerationChunk({ text, message });
		yield chunk;
		const fields = { chunk };
		await runManager?.handleLLMNewToken(text, at, undefined, undefined, undefined, fields);
	}
}
