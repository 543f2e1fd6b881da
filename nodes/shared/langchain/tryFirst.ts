import { readChatAnswer, type ChatAnswer } from '../core/chat/chatAnswer';
import type { AskedTurn } from '../services/chatTurn';
import type { TurnLog } from './cachedTurn';
import type { TracedRun } from './callTracers';
import { generationFacts } from './chatFacts';
import type { ChatResult } from './chatModelShape';
import type { Escalation, ModelCall } from './modelCall';

/** An answer of the small model that will do, or the call to make instead. */
export type FirstTry =
	| { accepted: { result: ChatResult; answer: ChatAnswer; run: TracedRun | undefined } }
	| { accepted: undefined; instead: ModelCall };

/**
 * Asks the small model and judges its whole answer, streamed turns included: what was streamed cannot be taken back.
 * Its failure is a reason to ask the large model too; only a call that was stopped ends the turn.
 */
export async function tryFirst(
	call: ModelCall,
	{ faults, instead }: Escalation,
	turn: AskedTurn,
	log: TurnLog,
): Promise<FirstTry> {
	const traced = await call.trace(log.index);
	let result: ChatResult;
	try {
		result = await call.whole();
	} catch (error) {
		await traced.fail(error);
		if (call.options.signal?.aborted) {
			await turn.abandon();
			log.failed(error);
			throw error;
		}
		const why = error instanceof Error ? error.message : String(error);
		return escalate([`the small model failed: ${why}`], undefined);
	}
	await traced.end(result);
	const [generation] = result.generations;
	if (!generation) return escalate(['the small model gave no answer'], undefined);
	const answer = readChatAnswer(generationFacts(generation, result.llmOutput), false);
	const reasons = faults(answer);
	if (reasons.length === 0) return { accepted: { result, answer, run: traced.run } };
	return escalate(reasons, answer);

	function escalate(why: string[], refused: ChatAnswer | undefined): FirstTry {
		const next = instead(why);
		log.escalated(next, why, refused, traced.run);
		return { accepted: undefined, instead: next };
	}
}
