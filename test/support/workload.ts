import { StoreUnavailable } from '../../nodes/shared/core/errors';
import { isHit } from '../../nodes/shared/services/lookup';
import { asked, type Engine } from './engine';

/** What came of a run of calls through a cache that may fail at any time. */
export interface Tally {
	calls: number;
	hits: number;
	/** Answered by the provider because the cache had nothing. */
	misses: number;
	/** Answered by the provider because the backend failed. */
	failedOpen: number;
	/** Answers to another question. */
	wrong: number;
	/** Calls that ended without an answer. */
	lost: number;
}

export const rightAnswer = (question: number): string => `the answer to question ${question}`;

/**
 * Calls as a workflow makes them: look up, on a miss ask the provider and store. A backend that fails costs the
 * cache, never the answer. `during` is called once, in the middle.
 */
export async function runCalls(
	engine: Engine,
	{ calls, questions, lanes = 4 }: { calls: number; questions: number; lanes?: number },
	during: (done: number) => void = () => undefined,
): Promise<Tally> {
	const tally: Tally = { calls: 0, hits: 0, misses: 0, failedOpen: 0, wrong: 0, lost: 0 };
	const unavailable = (error: unknown): undefined => {
		if (!(error instanceof StoreUnavailable)) throw error;
		tally.failedOpen += 1;
	};
	let next = 0;
	const one = async (call: number): Promise<void> => {
		const question = (call * 7) % questions;
		const request = asked(`question ${question}`);
		const settings = { timeoutMs: 200, coalesceWaitMs: 1_000 };
		const outcome = await engine.ask(request, settings).catch(unavailable);
		if (outcome && isHit(outcome)) {
			tally.hits += 1;
			if (outcome.entry.response !== rightAnswer(question)) tally.wrong += 1;
			return;
		}
		if (outcome) tally.misses += 1;
		const stored = engine.answer(request, rightAnswer(question), outcome, { timeoutMs: 200 });
		await stored.catch((error: unknown) => {
			if (!(error instanceof StoreUnavailable)) throw error;
		});
	};
	const lane = async (): Promise<void> => {
		while (next < calls) {
			const call = next++;
			if (call === Math.floor(calls / 3)) during(call);
			tally.calls += 1;
			await one(call).catch(() => (tally.lost += 1));
			// A provider or a workflow has other things to do in between.
			await new Promise((resolve) => setTimeout(resolve, 2));
		}
	};
	await Promise.all(Array.from({ length: lanes }, lane));
	return tally;
}
