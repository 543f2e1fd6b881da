import { readChatAnswer, type ChatAnswer, type ChatRecord } from '../core/chat/chatAnswer';
import type { JsonObject } from '../core/json';
import type { AskedTurn, ServedAnswer } from '../services/chatTurn';
import type { StoreOutcome } from '../services/store';
import type { TracedRun } from './callTracers';
import { generationFacts } from './chatFacts';
import type { ChatResult, Generation, GenerationChunk, RunManager } from './chatModelShape';
import type { HostClasses } from './hostClasses';
import type { ModelCall, Route } from './modelCall';
import { replayStream, replayWhole } from './replay';
import { tryFirst } from './tryFirst';

/** One turn as the cache node shows it in its own run data. */
export interface TurnLog {
	/** Number of the run, under which n8n files the real call. */
	index: number;
	served(turn: AskedTurn, served: ServedAnswer): void;
	/** @param run where n8n filed the real call, if it did */
	answered(
		turn: AskedTurn,
		answer: ChatAnswer,
		stored: StoreOutcome,
		run: TracedRun | undefined,
	): void;
	/** The small model's answer did not do, or there is none: `next` is asked instead, and both are paid. */
	escalated(
		next: ModelCall,
		reasons: string[],
		refused: ChatAnswer | undefined,
		run: TracedRun | undefined,
	): void;
	failed(error: unknown): void;
}

export interface TurnHooks {
	host: HostClasses;
	ask(request: JsonObject): Promise<AskedTurn>;
	begin(request: JsonObject, route: Route | undefined): TurnLog;
}

/** A turn answered in one piece: from the cache, else by the call, whose answer is then kept. */
export async function cachedWhole(asked: ModelCall, hooks: TurnHooks): Promise<ChatResult> {
	const log = hooks.begin(asked.request, asked.route);
	const turn = await askOrFail(hooks, asked, log);
	if (turn.served) {
		log.served(turn, turn.served);
		return replayWhole(turn.served.record, hooks.host);
	}
	const first = asked.escalation && (await tryFirst(asked, asked.escalation, turn, log));
	if (first?.accepted) {
		const { result, answer, run } = first.accepted;
		log.answered(turn, answer, await settled(turn, answer, log), run);
		return result;
	}
	const call = first ? first.instead : asked;
	const traced = await call.trace(log.index);
	let result: ChatResult;
	try {
		result = await call.whole();
	} catch (error) {
		const instead = await turn.abandon();
		await traced.fail(error);
		if (instead && !call.options.signal?.aborted) {
			log.served(turn, instead);
			return replayWhole(instead.record, hooks.host);
		}
		log.failed(error);
		throw error;
	}
	await traced.end(result);
	const [generation] = result.generations;
	if (!generation) {
		await turn.abandon();
		return result;
	}
	const answer = answerOf(call, generation, result.llmOutput, false);
	log.answered(turn, answer, await settled(turn, answer, log), traced.run);
	return result;
}

/** A streamed turn; what is stored is the whole, after the stream has run to its end. */
export async function* cachedStream(
	asked: ModelCall,
	hooks: TurnHooks,
	runManager: RunManager | undefined,
): AsyncGenerator<GenerationChunk> {
	const log = hooks.begin(asked.request, asked.route);
	const turn = await askOrFail(hooks, asked, log);
	if (turn.served) {
		log.served(turn, turn.served);
		yield* replayed(turn.served.record, true, asked, hooks, runManager);
		return;
	}
	const first = asked.escalation && (await tryFirst(asked, asked.escalation, turn, log));
	if (first?.accepted) {
		const { answer, run } = first.accepted;
		log.answered(turn, answer, await settled(turn, answer, log), run);
		yield* replayed(answer.record, false, asked, hooks, runManager);
		return;
	}
	const call = first ? first.instead : asked;
	const traced = await call.trace(log.index);
	const chunks = call.stream();
	let whole: GenerationChunk | undefined;
	let open = true;
	try {
		for (let next = await chunks.next(); !next.done; next = await chunks.next()) {
			const chunk = next.value;
			whole = whole ? whole.concat(chunk) : chunk;
			yield chunk;
		}
		// Some models end a stream quietly where the workflow was stopped.
		call.options.signal?.throwIfAborted();
		open = false;
	} catch (error) {
		open = false;
		const instead = await turn.abandon();
		await traced.fail(error);
		// Once a part has been streamed, an older answer cannot take its place.
		if (instead && !whole && !call.options.signal?.aborted) {
			log.served(turn, instead);
			yield* replayed(instead.record, true, call, hooks, runManager);
			return;
		}
		log.failed(error);
		throw error;
	} finally {
		if (open) await breakOff(chunks, turn, traced, log);
	}
	if (!whole) {
		await turn.abandon();
		return;
	}
	const llmOutput = tokensOf(whole);
	await traced.end({ generations: [whole], llmOutput });
	const answer = answerOf(call, whole, llmOutput, true);
	log.answered(turn, answer, await settled(turn, answer, log), traced.run);
}

function answerOf(
	{ escalated }: ModelCall,
	generation: Generation,
	llmOutput: Record<string, unknown> | undefined,
	streamed: boolean,
): ChatAnswer {
	const answer = readChatAnswer(generationFacts(generation, llmOutput), streamed);
	if (escalated) answer.record.escalated = escalated;
	return answer;
}

/** Storing fails only where a parameter is not usable; the user sees it on this node. */
async function settled(turn: AskedTurn, answer: ChatAnswer, log: TurnLog): Promise<StoreOutcome> {
	try {
		return await turn.settle(answer);
	} catch (error) {
		log.failed(error);
		throw error;
	}
}

/** The reader went away in the middle: a part of an answer is no answer. */
async function breakOff(
	chunks: AsyncGenerator<GenerationChunk>,
	turn: AskedTurn,
	traced: { fail(error: unknown): Promise<void> },
	log: TurnLog,
): Promise<void> {
	const broken = new Error('The stream was broken off');
	await chunks.return(undefined);
	await turn.abandon();
	await traced.fail(broken);
	log.failed(broken);
}

async function* replayed(
	record: ChatRecord,
	isServed: boolean,
	{ options }: ModelCall,
	{ host }: TurnHooks,
	runManager: RunManager | undefined,
): AsyncGenerator<GenerationChunk> {
	const at = { prompt: 0, completion: 0 };
	for (const chunk of replayStream(record, host, isServed)) {
		options.signal?.throwIfAborted();
		yield chunk;
		const fields = { chunk };
		await runManager?.handleLLMNewToken(chunk.text, at, undefined, undefined, undefined, fields);
	}
}

/** What LangChain itself hands to its callbacks at the end of a stream. */
function tokensOf({ message }: GenerationChunk): Record<string, unknown> | undefined {
	const { usage_metadata: usage } = message;
	return (
		usage && {
			tokenUsage: {
				promptTokens: usage.input_tokens,
				completionTokens: usage.output_tokens,
				totalTokens: usage.total_tokens,
			},
		}
	);
}

async function askOrFail(
	hooks: TurnHooks,
	{ request }: ModelCall,
	log: TurnLog,
): Promise<AskedTurn> {
	try {
		return await hooks.ask(request);
	} catch (error) {
		log.failed(error);
		throw error;
	}
}
