import { AsyncLocalStorage } from 'node:async_hooks';
import type { ChatAnswer } from '../core/chat/chatAnswer';
import { providerOf } from '../core/chat/providers';
import type { JsonObject } from '../core/json';
import { cachedStream, cachedWhole, type TurnHooks } from './cachedTurn';
import { takeTracers, type StartTrace } from './callTracers';
import { requestOf } from './chatFacts';
import type {
	CallOptions,
	ChatModel,
	GenerationChunk,
	LangChainMessage,
	RunManager,
} from './chatModelShape';
import { isChatModel } from './chatModelShape';
import type { ModelCall, Route } from './modelCall';
import type { SmallModel } from './smallModel';

export interface CacheHooks extends TurnHooks {
	/** The second model, and who decides which of the two answers. */
	small?: { model: SmallModel; choose(request: JsonObject): Route; check?: AnswerCheck };
	/** Marks what the provider's own prompt cache should keep; the messages and options to call with. */
	mark?(
		model: ChatModel,
		messages: LangChainMessage[],
		options: CallOptions,
	): { messages: LangChainMessage[]; options: CallOptions };
}

/** How an answer of the small model is judged before it is given. */
export interface AnswerCheck {
	/** The checks as the user set them: part of the key, so that no answer is served that was checked otherwise. */
	checks: JsonObject;
	/** What is wrong with an answer to `request`; nothing where it will do. */
	faults(answer: ChatAnswer, request: JsonObject): string[];
}

const ATTACHED = Symbol.for('n8n-nodes-prompt-cache.attached.v1');

/** The model whose call is under way: what it calls of itself goes through. */
const underWay = new AsyncLocalStorage<ChatModel>();

/**
 * Puts the cache into a chat model, in place: a wrapper would lack what n8n's agents read of the model.
 * Copies that the model makes of itself (`withConfig`, `bindTools`, `bind`) are cached too.
 */
export function cacheChatModel<T>(model: T, hooks: CacheHooks, tooled?: SmallModel): T {
	if (!isChatModel(model) || ATTACHED in model) return model;
	Object.defineProperty(model, ATTACHED, { value: true });
	const attached: Attached = {
		model,
		hooks,
		tooled,
		trace: takeTracers(model, hooks.host),
		generate: model._generate.bind(model),
		chunks: model._streamResponseChunks.bind(model),
	};
	model._generate = (messages, options, runManager) =>
		underWay.getStore() === model
			? attached.generate(messages, options, runManager)
			: cachedWhole(callOf(attached, messages, options ?? {}, runManager), hooks);
	if (hasOwnStream(model)) {
		model._streamResponseChunks = (messages, options, runManager) =>
			underWay.getStore() === model
				? attached.chunks(messages, options, runManager)
				: cachedStream(callOf(attached, messages, options ?? {}, runManager), hooks, runManager);
		bridgeEvents(model);
	}
	keepOnCopies(attached);
	return model;
}

interface Attached {
	model: ChatModel;
	hooks: CacheHooks;
	/** The small model with the tools that were bound to this one. */
	tooled: SmallModel | undefined;
	trace: StartTrace;
	generate: ChatModel['_generate'];
	chunks: ChatModel['_streamResponseChunks'];
}

function callOf(
	attached: Attached,
	messages: LangChainMessage[],
	options: CallOptions,
	runManager: RunManager | undefined,
): ModelCall {
	const { model, hooks } = attached;
	const request = requestOf(model, messages, options);
	const small = smallFor(attached, request);
	const route = small ? hooks.small?.choose(request) : undefined;
	if (small && route?.tier === 'small') {
		const call = small.call(messages, options, route, runManager);
		const check = hooks.small?.check;
		return check ? checked(call, route, check, large) : call;
	}
	return large(route);

	function large(by: Route | undefined): ModelCall {
		return largeCall(attached, request, messages, options, by, runManager);
	}
}

/** The small model's call, with the large one's behind it. */
function checked(
	call: ModelCall,
	route: Route,
	check: AnswerCheck,
	large: (route: Route) => ModelCall,
): ModelCall {
	return {
		...call,
		request: { ...call.request, answer_checks: check.checks },
		escalation: {
			faults: (answer) => check.faults(answer, call.request),
			instead: (reasons) => {
				const next = large({ ...route, tier: 'large', reasons: [...route.reasons, ...reasons] });
				const { model } = next.request;
				return {
					...next,
					escalated: {
						model: typeof model === 'string' ? model : null,
						provider: providerOf(next.request) ?? null,
						reasons,
					},
				};
			},
		},
	};
}

function largeCall(
	{ model, hooks, trace, generate, chunks }: Attached,
	request: JsonObject,
	messages: LangChainMessage[],
	options: CallOptions,
	route: Route | undefined,
	runManager: RunManager | undefined,
): ModelCall {
	const marked = () => hooks.mark?.(model, messages, options) ?? { messages, options };
	return {
		request,
		options,
		route,
		trace: (parentRun) => trace(messages, parentRun),
		whole: () => {
			const { messages: sent, options: with_ } = marked();
			return underWay.run(model, () => generate(sent, with_, runManager));
		},
		stream: () => {
			const { messages: sent, options: with_ } = marked();
			return inside(
				model,
				underWay.run(model, () => chunks(sent, with_, runManager)),
			);
		},
	};
}

/** A generator's body runs where it is asked for its next value, so that each step is put under way. */
async function* inside(
	model: ChatModel,
	chunks: AsyncGenerator<GenerationChunk>,
): AsyncGenerator<GenerationChunk> {
	const step = () => underWay.run(model, () => chunks.next());
	try {
		for (let next = await step(); !next.done; next = await step()) yield next.value;
	} finally {
		await chunks.return(undefined);
	}
}

/** What one provider's wire demands of an answer, another model would not be told. */
const OWN_DEMANDS = [
	'response_format',
	'response_schema',
	'format',
	'text',
	'output_config',
	'functions',
];

/** The small model, where it can take this call. */
function smallFor({ hooks, tooled }: Attached, request: JsonObject): SmallModel | undefined {
	if (!hooks.small) return undefined;
	const demands = OWN_DEMANDS.some((name) => {
		const value = request[name];
		return value !== undefined && JSON.stringify(value) !== '{}';
	});
	if (demands) return undefined;
	return request.tools === undefined ? hooks.small.model : tooled;
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

function keepOnCopies(attached: Attached): void {
	const { model, hooks } = attached;
	const copiers = model as unknown as Record<
		string,
		((...given: unknown[]) => unknown) | undefined
	>;
	for (const name of ['withConfig', 'bindTools', 'bind']) {
		const copy = copiers[name];
		if (typeof copy !== 'function') continue;
		copiers[name] = (...given) => {
			if (name === 'bindTools') attached.tooled = hooks.small?.model.withTools(given);
			return cacheChatModel(copy.apply(model, given), hooks, attached.tooled);
		};
	}
}
