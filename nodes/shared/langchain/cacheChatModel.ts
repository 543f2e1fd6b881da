import { AsyncLocalStorage } from 'node:async_hooks';
import { readChatAnswer } from '../core/chat/chatAnswer';
import type { JsonObject } from '../core/json';
import type { AskedTurn, ServedAnswer } from '../services/chatCache';
import type { StoreOutcome } from '../services/store';
import { takeTracers, type TracedCall } from './callTracers';
import { generationFacts, requestOf } from './chatFacts';
import type {
	CallOptions,
	ChatModel,
	ChatResult,
	GenerationChunk,
	LangChainMessage,
	RunManager,
} from './chatModelShape';
import { isChatModel } from './chatModelShape';
import type { HostClasses } from './hostClasses';
import { replayStream, replayWhole } from './replay';

/** One turn as the cache node shows it in its own run data. */
export interface TurnLog {
	/** Number of the run, under which n8n files the real call. */
	index: number;
	served(turn: AskedTurn, served: ServedAnswer): void;
	answered(turn: AskedTurn, answer: ReturnType<typeof readChatAnswer>, stored: StoreOutcome): void;
	failed(error: unknown): void;
}

export interface CacheHooks {
	host: HostClasses;
	ask(request: JsonObject): Promise<AskedTurn>;
	begin(model: ChatModel, messages: LangChainMessage[], request: JsonObject): TurnLog;
}

const ATTACHED = Symbol.for('n8n-nodes-prompt-cache.attached.v1');

/** The model whose call is under way: what it calls of itself goes through. */
const underWay = new AsyncLocalStorage<ChatModel>();

/**
 * Puts the cache into a chat model, in place: a wrapper would lack what n8n's agents read of the model.
 * Copies that the model makes of itself (`withConfig`, `bindTools`, `bind`) are cached too.
 */
export function cacheChatModel<T>(model: T, hooks: CacheHooks): T {
	if (!isChatModel(model) || ATTACHED in model) return model;
	Object.defineProperty(model, ATTACHED, { value: true });
	const trace = takeTracers(model, hooks.host);
	const call = { model, hooks, trace };
	const generate = model._generate.bind(model);
	const stream = model._streamResponseChunks.bind(model);
	model._generate = async (messages, options, runManager) =>
		underWay.getStore() === model
			? generate(messages, options, runManager)
			: cachedWhole(call, generate, messages, options ?? {}, runManager);
	if (hasOwnStream(model)) {
		model._streamResponseChunks = (messages, options, runManager) =>
			underWay.getStore() === model
				? stream(messages, options, runManager)
				: cachedStream(call, stream, messages, options ?? {}, runManager);
		bridgeEvents(model);
	}
	keepOnCopies(model, hooks);
	return model;
}

interface Call {
	model: ChatModel;
	hooks: CacheHooks;
	trace(messages: LangChainMessage[], parentRun: number): Promise<TracedCall>;
}

async function cachedWhole(
	{ model, hooks, trace }: Call,
	generate: ChatModel['_generate'],
	messages: LangChainMessage[],
	options: CallOptions,
	runManager: RunManager | undefined,
): Promise<ChatResult> {
	const request = requestOf(model, messages, options);
	const log = hooks.begin(model, messages, request);
	const turn = await askOrFail(hooks, request, log);
	if (turn.served) {
		log.served(turn, turn.served);
		return replayWhole(turn.served.record, hooks.host);
	}
	const traced = await trace(messages, log.index);
	let result: ChatResult;
	try {
		result = await underWay.run(model, () => generate(messages, options, runManager));
	} catch (error) {
		const instead = await turn.abandon();
		await traced.fail(error);
		if (instead && !options.signal?.aborted) {
			log.served(turn, instead);
			return replayWhole(instead.record, hooks.host);
		}
		log.failed(error);
		throw error;
	}
	await traced.end(result);
	const [generation] = result.generations;
	if (!generation) return result;
	const answer = readChatAnswer(generationFacts(generation, result.llmOutput), false);
	log.answered(turn, answer, await turn.settle(answer));
	return result;
}

async function* cachedStream(
	{ model, hooks, trace }: Call,
	stream: ChatModel['_streamResponseChunks'],
	messages: LangChainMessage[],
	options: CallOptions,
	runManager: RunManager | undefined,
): AsyncGenerator<GenerationChunk> {
	const request = requestOf(model, messages, options);
	const log = hooks.begin(model, messages, request);
	const turn = await askOrFail(hooks, request, log);
	const replay = async function* ({ record }: ServedAnswer): AsyncGenerator<GenerationChunk> {
		for (const chunk of replayStream(record, hooks.host)) {
			options.signal?.throwIfAborted();
			yield chunk;
			const at = { prompt: 0, completion: 0 };
			await runManager?.handleLLMNewToken(chunk.text, at, undefined, undefined, undefined, {
				chunk,
			});
		}
	};
	if (turn.served) {
		log.served(turn, turn.served);
		yield* replay(turn.served);
		return;
	}
	const traced = await trace(messages, log.index);
	const chunks = stream(messages, options, runManager);
	let whole: GenerationChunk | undefined;
	let usage: Record<string, unknown> | undefined;
	let ended = false;
	try {
		for (;;) {
			const next = await underWay.run(model, () => chunks.next());
			if (next.done) break;
			const chunk = next.value;
			whole = whole ? whole.concat(chunk) : chunk;
			usage = chunk.message.usage_metadata ?? usage;
			yield chunk;
		}
		// Some models end a stream quietly where the workflow was stopped.
		options.signal?.throwIfAborted();
		ended = true;
	} catch (error) {
		ended = true;
		const instead = await turn.abandon();
		await traced.fail(error);
		// Once a part has been streamed, an older answer cannot take its place.
		if (instead && !whole && !options.signal?.aborted) {
			log.served(turn, instead);
			yield* replay(instead);
			return;
		}
		log.failed(error);
		throw error;
	} finally {
		// The reader went away in the middle: a part of an answer is no answer.
		if (!ended) {
			await chunks.return(undefined);
			await turn.abandon();
			const broken = new Error('The stream was broken off');
			await traced.fail(broken);
			log.failed(broken);
		}
	}
	if (!whole) return;
	const llmOutput = usage && {
		tokenUsage: {
			promptTokens: usage.input_tokens,
			completionTokens: usage.output_tokens,
			totalTokens: usage.total_tokens,
		},
	};
	await traced.end({ generations: [whole], llmOutput });
	const answer = readChatAnswer(generationFacts(whole, llmOutput), true);
	log.answered(turn, answer, await turn.settle(answer));
}

async function askOrFail(hooks: CacheHooks, request: JsonObject, log: TurnLog): Promise<AskedTurn> {
	try {
		return await hooks.ask(request);
	} catch (error) {
		log.failed(error);
		throw error;
	}
}

/** False where the class leaves streaming to its base, which then answers in one piece by `_generate`. */
function hasOwnStream(model: ChatModel): boolean {
	const base = baseOf(model);
	return base === undefined || model._streamResponseChunks !== base._streamResponseChunks;
}

/** A class may make its events without `_streamResponseChunks`; the base makes them from it. */
function bridgeEvents(model: ChatModel): void {
	const base = baseOf(model);
	if (base?._streamChatModelEvents) model._streamChatModelEvents = base._streamChatModelEvents;
}

function baseOf(model: ChatModel): ChatModel | undefined {
	for (
		let prototype = Object.getPrototypeOf(model) as ChatModel | null;
		prototype;
		prototype = Object.getPrototypeOf(prototype) as ChatModel | null
	) {
		if (prototype.constructor.name === 'BaseChatModel') return prototype;
	}
	return undefined;
}

function keepOnCopies(model: ChatModel, hooks: CacheHooks): void {
	const copiers = model as unknown as Record<
		string,
		((...given: unknown[]) => unknown) | undefined
	>;
	for (const name of ['withConfig', 'bindTools', 'bind']) {
		const copy = copiers[name];
		if (typeof copy !== 'function') continue;
		copiers[name] = (...given) => cacheChatModel(copy.apply(model, given), hooks);
	}
}
