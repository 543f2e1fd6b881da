import { readAnswer } from '../core/answer/readAnswer';
import { StoreUnavailable } from '../core/errors';
import { sameReply } from '../core/semantic/sameReply';
import type { SemanticTables } from '../core/semantic/sameAnswer';
import type { GuardedStore } from '../ports/GuardedStore';
import type { ReplyJudge } from '../ports/ReplyJudge';
import type { SemanticMemory } from '../ports/SemanticMemory';
import { atMost } from './atMost';
import type { SemanticPlace } from './semanticMatching';
import { sharedSubject } from './semanticVerdict';
import type { StoreOutcome, StoreRequest } from './store';

/** A request to store whose prompt may be found by nearness later. */
export type IndexableRequest = StoreRequest & { semantic?: SemanticPlace };

export interface SemanticStoreDeps {
	store: GuardedStore;
	memory: SemanticMemory;
	/** Loaded on first use. */
	tables: () => SemanticTables;
	/** Asked where answers are to be compared by a model. */
	judge?: ReplyJudge;
}

/** Name under which everything seen is observed, for the report of the policy `shadow`. */
export const SHADOW_SUBJECT = 'seen';

const TIMEOUT_MS = 2_000;

/** A batch asks once for each of its items: more at a time would run into the rate limit of a provider. */
const JUDGE_CALLS_AT_A_TIME = 4;

type Stored = Extract<StoreOutcome, { stored: true }>;

/**
 * Indexes the prompts of stored answers, and learns where a fresh answer meets a neighbour's. The answer is stored
 * first: an index without the answer would propose what is not there, an answer without index is still an exact hit.
 * A failure is told in the outcome's reasons.
 */
export async function indexStored(
	requests: IndexableRequest[],
	outcomes: StoreOutcome[],
	deps: SemanticStoreDeps,
): Promise<void> {
	const judge = deps.judge && atMost(JUDGE_CALLS_AT_A_TIME, deps.judge);
	await Promise.all(
		outcomes.map(async (outcome, at) => {
			const request = requests[at]!;
			if (!outcome.stored || !request.semantic) return;
			try {
				const { partition, prompt, vector, index } = request.semantic;
				const indexed = { key: request.key, prompt, vector };
				await deps.store.run(() => index.add(partition, indexed, outcome.keepMs), TIMEOUT_MS);
				await learn(request, request.semantic, outcome, { ...deps, judge });
			} catch (error) {
				if (!(error instanceof StoreUnavailable)) throw error;
				outcome.reasons.push(`not indexed for semantic matching: ${error.message}`);
			}
		}),
	);
}

async function learn(
	request: StoreRequest,
	place: SemanticPlace,
	outcome: Stored,
	deps: SemanticStoreDeps,
): Promise<void> {
	const { partition, watch } = place;
	if (!watch) return;
	const { key, similarity, guarded, evidence } = watch;
	const { namespace, id } = partition;
	const { store, memory } = deps;
	const { keepMs } = outcome;
	const fresh = readAnswer(request.response).text;
	const same = await label(place.prompt, fresh, watch, outcome, deps);
	const learnt = { similarity: evidence, same, guarded };
	await store.run(
		() =>
			Promise.all([
				memory.observe(namespace, key, learnt, keepMs),
				memory.observe(namespace, sharedSubject(id), learnt, keepMs),
				memory.observe(namespace, SHADOW_SUBJECT, { similarity, same, guarded }, keepMs),
			]),
		TIMEOUT_MS,
	);
}

/** A judging model is not asked about answers that are equal; where it is of no help, meaning decides. */
async function label(
	question: string,
	fresh: string,
	{ answer, labelBy, judgeTimeoutMs }: NonNullable<SemanticPlace['watch']>,
	outcome: Stored,
	{ tables, judge }: SemanticStoreDeps,
): Promise<boolean> {
	if (labelBy !== 'judge') return sameReply(fresh, answer, labelBy, tables());
	if (sameReply(fresh, answer, 'equality', tables())) return true;
	const judged = await judge?.(question, fresh, answer, judgeTimeoutMs);
	outcome.judge = judged;
	if (typeof judged?.same === 'boolean') return judged.same;
	const why = judged?.error ?? 'none is connected here';
	outcome.reasons.push(`the judge was of no help (${why}): the answers were compared by meaning`);
	return sameReply(fresh, answer, 'embedding', tables());
}
