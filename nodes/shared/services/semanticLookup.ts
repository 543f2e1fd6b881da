import { readAnswer } from '../core/answer/readAnswer';
import { decodeEntry, type Entry } from '../core/entry/envelope';
import { CorruptEntry } from '../core/errors';
import type { CacheControl } from '../core/freshness/cacheControl';
import { freshness } from '../core/freshness/freshness';
import type { GuardName } from '../core/guards/allGuards';
import type { SemanticQuestion } from '../core/semantic/partition';
import { promptPair } from '../core/semantic/promptPair';
import { examinePair, sameAnswer, type SemanticTables } from '../core/semantic/sameAnswer';
import type { LabelBy } from '../core/semantic/sameReply';
import {
	decideVerified,
	emptyVerifiedState,
	learnOutcome,
	type VerifiedState,
} from '../core/semantic/verified';
import type { Clock } from '../ports/Clock';
import type { Embedder } from '../ports/Embedder';
import type { GuardedStore } from '../ports/GuardedStore';
import type { Observation, SemanticMemory } from '../ports/SemanticMemory';
import type { Neighbour, Partition, VectorIndex } from '../ports/VectorIndex';

export interface SemanticSettings {
	policy: 'guarded' | 'threshold' | 'shadow' | 'verified';
	/** Promised share of wrong answers under `verified`, 0-1. */
	maxErrorRate: number;
	/** How a fresh answer is compared with the neighbour's. */
	labelBy: LabelBy;
	/** Least cosine, 0-1. */
	threshold: number;
	/** Guards that may object; all where left out. */
	guards?: ReadonlySet<GuardName>;
	timeoutMs: number;
	encryptionKeys: readonly Buffer[];
}

export interface SemanticDeps {
	store: GuardedStore;
	index: VectorIndex;
	memory: SemanticMemory;
	clock: Clock;
	embedder: Embedder;
	/** Loaded on first use: only the guarded decision needs them. */
	tables: () => SemanticTables;
}

export interface SemanticRequest {
	namespace: string;
	control: CacheControl;
	question: SemanticQuestion;
}

/** Where the prompt would be indexed once it has an answer. */
export interface SemanticPlace {
	partition: Partition;
	prompt: string;
	vector: Float32Array;
	index: VectorIndex;
	/** The neighbour whose answer the fresh one is compared with. */
	watch?: { key: string; similarity: number; guarded: boolean; answer: string; labelBy: LabelBy };
}

export type SemanticOutcome = {
	/** Left out where there was no embedder to ask. */
	place?: SemanticPlace;
	reasons: string[];
} & (
	| { hit: false }
	| {
			hit: true;
			entry: Entry;
			key: string;
			ageMs: number;
			similarity: number;
			matchedPrompt: string;
			stale: boolean;
	  }
);

/** Neighbours examined for one prompt. */
const CANDIDATES = 5;

/**
 * Looks for an entry whose prompt means the same. The index proposes, the policy decides, and the cache itself says
 * whether the entry may still be served.
 * @throws StoreUnavailable where index or cache do not answer; errors of the embedder as they are
 */
export async function semanticLookup(
	requests: SemanticRequest[],
	settings: SemanticSettings,
	deps: SemanticDeps,
): Promise<SemanticOutcome[]> {
	const vectors = await deps.embedder.embed(requests.map(({ question }) => question.text));
	return await Promise.all(
		requests.map(async (request, at) => {
			const { namespace, question } = request;
			const partition = { namespace, id: question.partitionId };
			const place = { partition, prompt: question.text, vector: vectors[at]!, index: deps.index };
			return await findNeighbour(request, place, settings, deps);
		}),
	);
}

async function findNeighbour(
	request: SemanticRequest,
	place: SemanticPlace,
	settings: SemanticSettings,
	deps: SemanticDeps,
): Promise<SemanticOutcome> {
	const { index } = deps;
	const neighbours = await deps.store.run(
		() => index.nearest(place.partition, place.vector, CANDIDATES),
		settings.timeoutMs,
	);
	const via = `semantic index: ${index.kind}`;
	if (neighbours.length === 0)
		return { hit: false, place, reasons: [via, 'no similar prompt yet'] };
	const refused: string[] = [];
	for (const neighbour of neighbours) {
		const { similarity, prompt: matchedPrompt, key } = neighbour;
		const verdict = await judge(neighbour, place, settings, deps);
		const name = `"${shortened(matchedPrompt)}"`;
		if (verdict.action === 'refuse') {
			refused.push(`${name} is ${similarity.toFixed(2)} similar: ${verdict.reason}`);
			continue;
		}
		const served = await serve(neighbour, request, settings, deps);
		if ('refused' in served) {
			if (served.gone) await forget(place.partition, key, settings, deps);
			refused.push(`${name}: ${served.refused}`);
			continue;
		}
		const reasons = [via, verdict.reason];
		if (verdict.action === 'serve') {
			return { hit: true, place, reasons, key, similarity, matchedPrompt, ...served };
		}
		const answer = readAnswer(served.entry.response).text;
		const watch = { key, similarity, guarded: verdict.guarded, answer, labelBy: settings.labelBy };
		return { hit: false, place: { ...place, watch }, reasons };
	}
	return { hit: false, place, reasons: [via, ...refused.slice(0, 2)] };
}

type Verdict =
	| { action: 'serve'; reason: string }
	| { action: 'refuse'; reason: string }
	/** Call the model and compare its answer with the neighbour's. */
	| { action: 'watch'; reason: string; guarded: boolean };

async function judge(
	neighbour: Neighbour,
	place: SemanticPlace,
	settings: SemanticSettings,
	deps: SemanticDeps,
): Promise<Verdict> {
	const { policy, threshold, guards, timeoutMs } = settings;
	const { prompt, similarity } = neighbour;
	const { namespace, id } = place.partition;
	const pair = promptPair(id, prompt, place.prompt);
	const [different] = await deps.store.run(
		() => deps.memory.areDifferent(namespace, [pair]),
		timeoutMs,
	);
	if (different) return { action: 'refuse', reason: 'marked as different by a user' };
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
		return { action: 'watch', reason: `shadow: ${would} (${reason})`, guarded: answer.hit };
	}
	const { objections } = examinePair(prompt, place.prompt, deps.tables(), guards);
	if (objections.length > 0) return { action: 'refuse', reason };
	return await judgeVerified(neighbour, place, answer.hit, settings, deps);
}

async function judgeVerified(
	{ key, similarity }: Neighbour,
	{ partition }: SemanticPlace,
	guarded: boolean,
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
		similarity,
		maxErrorRate,
		clock.random(),
	);
	return action === 'serve' ? { action, reason } : { action: 'watch', reason, guarded };
}

/** Under which the outcomes of a whole partition are observed. */
export const sharedSubject = (partitionId: string): string => `part-${partitionId}`;

const SHARED_OBSERVATIONS = 300;

const learnt = (observations: Observation[]): VerifiedState =>
	observations.reduce(
		(state, { similarity, same }) => learnOutcome(state, similarity, same),
		emptyVerifiedState(),
	);

async function forget(
	partition: Partition,
	key: string,
	{ timeoutMs }: SemanticSettings,
	{ store, index }: SemanticDeps,
): Promise<void> {
	await store.run(() => index.remove(partition, [key]), timeoutMs);
}

async function serve(
	{ key }: Neighbour,
	{ namespace, control }: SemanticRequest,
	{ timeoutMs, encryptionKeys }: SemanticSettings,
	{ store }: SemanticDeps,
): Promise<{ entry: Entry; ageMs: number; stale: boolean } | { refused: string; gone: boolean }> {
	const query = { namespace, key, userHash: '' };
	const { rows, nowMs } = await store.run((live) => live.lookup([query]), timeoutMs);
	const [row] = rows;
	if (!row?.found) return { refused: 'its answer is no longer there', gone: true };
	let entry: Entry;
	try {
		entry = decodeEntry(row.packed, encryptionKeys);
	} catch (error) {
		if (error instanceof CorruptEntry) return { refused: error.message, gone: true };
		throw error;
	}
	const { ttlMs, graceMs } = entry.meta;
	const age = freshness({ storedAtMs: row.storedAtMs, ttlMs, graceMs }, nowMs, control, 'lookup');
	if (age.state === 'unusable') return { refused: age.reason, gone: false };
	return { entry, ageMs: Math.max(0, age.ageMs), stale: age.state === 'stale' };
}

const SHOWN = 60;

const shortened = (prompt: string): string =>
	prompt.length > SHOWN ? `${prompt.slice(0, SHOWN)}…` : prompt;
