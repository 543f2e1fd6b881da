import { readAnswer } from '../core/answer/readAnswer';
import { StoreUnavailable } from '../core/errors';
import { sameReply } from '../core/semantic/sameReply';
import type { SemanticTables } from '../core/semantic/sameAnswer';
import type { GuardedStore } from '../ports/GuardedStore';
import type { SemanticMemory } from '../ports/SemanticMemory';
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
}

/** Name under which everything seen is observed, for the report of the policy `shadow`. */
export const SHADOW_SUBJECT = 'seen';

const TIMEOUT_MS = 2_000;

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
	await Promise.all(
		outcomes.map(async (outcome, at) => {
			const request = requests[at]!;
			if (!outcome.stored || !request.semantic) return;
			try {
				const { partition, prompt, vector, index } = request.semantic;
				const indexed = { key: request.key, prompt, vector };
				await deps.store.run(() => index.add(partition, indexed, outcome.keepMs), TIMEOUT_MS);
				await learn(request, request.semantic, outcome.keepMs, deps);
			} catch (error) {
				if (!(error instanceof StoreUnavailable)) throw error;
				outcome.reasons.push(`not indexed for semantic matching: ${error.message}`);
			}
		}),
	);
}

async function learn(
	request: StoreRequest,
	{ partition, watch }: SemanticPlace,
	keepMs: number,
	{ store, memory, tables }: SemanticStoreDeps,
): Promise<void> {
	if (!watch) return;
	const { key, similarity, guarded, evidence, answer, labelBy } = watch;
	const { namespace, id } = partition;
	const fresh = readAnswer(request.response).text;
	const same = sameReply(fresh, answer, labelBy, tables());
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
