import { promptPair } from '../core/semantic/promptPair';
import { examinePair, sameAnswer, type SameAnswer } from '../core/semantic/sameAnswer';
import {
	decideVerified,
	emptyVerifiedState,
	learnOutcome,
	type VerifiedState,
} from '../core/semantic/verified';
import type { Observation } from '../ports/SemanticMemory';
import type { Neighbour } from '../ports/VectorIndex';
import type { SemanticDeps, SemanticPlace, SemanticSettings } from './semanticMatching';

/** What is to be done with a neighbour's answer. */
export type Verdict =
	| { action: 'serve'; reason: string }
	| { action: 'refuse'; reason: string }
	/** Call the model and compare its answer with the neighbour's. */
	| { action: 'watch'; reason: string; guarded: boolean; evidence: number };

/**
 * Decides by the policy, after what a user once marked as different.
 * @throws StoreUnavailable where the memory does not answer
 */
export async function judgeNeighbour(
	neighbour: Neighbour,
	place: SemanticPlace,
	settings: SemanticSettings,
	deps: SemanticDeps,
): Promise<Verdict> {
	const verdict = await judgeByPolicy(neighbour, place, settings, deps);
	if (verdict.action === 'refuse') return verdict;
	const { namespace, id } = place.partition;
	const pair = promptPair(id, neighbour.prompt, place.prompt);
	const [different] = await deps.store.run(
		() => deps.memory.areDifferent(namespace, [pair]),
		settings.timeoutMs,
	);
	return different ? { action: 'refuse', reason: 'marked as different by a user' } : verdict;
}

async function judgeByPolicy(
	neighbour: Neighbour,
	place: SemanticPlace,
	settings: SemanticSettings,
	deps: SemanticDeps,
): Promise<Verdict> {
	const { policy, threshold, guards } = settings;
	const { prompt, similarity } = neighbour;
	if (policy === 'threshold') {
		return similarity >= threshold
			? { action: 'serve', reason: `similarity ${similarity.toFixed(3)}` }
			: { action: 'refuse', reason: `the threshold is ${threshold}` };
	}
	const answer = sameAnswer(prompt, place.prompt, deps.tables(), { guards, similarity, threshold });
	const reason = answer.reasons.join('; ');
	if (policy === 'guarded') {
		return answer.hit ? { action: 'serve', reason } : { action: 'refuse', reason };
	}
	if (policy === 'shadow') {
		const would = answer.hit ? 'it would have been served' : 'it would not have been served';
		const seen = { guarded: answer.hit, evidence: answer.score };
		return { action: 'watch', reason: `shadow: ${would} (${reason})`, ...seen };
	}
	const { objections } = examinePair(prompt, place.prompt, deps.tables(), guards);
	if (objections.length > 0) return { action: 'refuse', reason };
	return await judgeVerified(neighbour.key, place, answer, settings, deps);
}

async function judgeVerified(
	key: string,
	{ partition }: SemanticPlace,
	{ hit: guarded, score: evidence }: SameAnswer,
	{ maxErrorRate, timeoutMs }: SemanticSettings,
	{ store, memory, clock }: SemanticDeps,
): Promise<Verdict> {
	const { namespace, id } = partition;
	const [own, shared] = await store.run(
		() =>
			Promise.all([
				memory.observations(namespace, key),
				memory.observations(namespace, sharedSubject(id)),
			]),
		timeoutMs,
	);
	const { action, reason } = decideVerified(
		learnt(own),
		learnt(shared.slice(-SHARED_OBSERVATIONS)),
		evidence,
		maxErrorRate,
		clock.random(),
	);
	return action === 'serve' ? { action, reason } : { action: 'watch', reason, guarded, evidence };
}

/** Under which the outcomes of a whole partition are observed. */
export const sharedSubject = (partitionId: string): string => `part-${partitionId}`;

const SHARED_OBSERVATIONS = 300;

const learnt = (observations: Observation[]): VerifiedState =>
	observations.reduce(
		(state, { similarity, same }) => learnOutcome(state, similarity, same),
		emptyVerifiedState(),
	);
