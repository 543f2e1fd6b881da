import { readAnswer } from '../core/answer/readAnswer';
import { decodeEntry, type Entry } from '../core/entry/envelope';
import { CorruptEntry } from '../core/errors';
import type { CacheControl } from '../core/freshness/cacheControl';
import { entryAge, freshness } from '../core/freshness/freshness';
import type { SemanticQuestion } from '../core/semantic/partition';
import type { Neighbour, Partition } from '../ports/VectorIndex';
import { countOutcomes } from './countOutcomes';
import type { SemanticDeps, SemanticPlace, SemanticSettings } from './semanticMatching';
import { judgeNeighbour } from './semanticVerdict';

export interface SemanticRequest {
	namespace: string;
	control: CacheControl;
	question: SemanticQuestion;
	/** A fresh answer is computed whatever is near: nothing is looked for, only its place in the index is told. */
	placeOnly?: boolean;
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
 * whether the entry may still be served. What is served is counted; a miss by whoever then leads on for it.
 * @throws StoreUnavailable where index or cache do not answer; errors of the embedder as they are
 */
export async function semanticLookup(
	requests: SemanticRequest[],
	settings: SemanticSettings,
	deps: SemanticDeps,
): Promise<SemanticOutcome[]> {
	const vectors = await deps.embedder.embed(requests.map(({ question }) => question.text));
	const outcomes = await Promise.all(
		requests.map(async (request, at): Promise<SemanticOutcome> => {
			const { namespace, question } = request;
			const { text: prompt, frameId } = question;
			const partition = { namespace, id: question.partitionId };
			const place = { partition, prompt, frameId, vector: vectors[at]!, index: deps.index };
			if (request.placeOnly) return { hit: false, place, reasons: [] };
			return await findNeighbour(request, place, settings, deps);
		}),
	);
	countOutcomes(requests, outcomes.map(asServed), deps.store);
	return outcomes;
}

const asServed = (outcome: SemanticOutcome) =>
	outcome.hit ? ({ status: outcome.stale ? 'stale' : 'hit', reasons: [] } as const) : undefined;

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
		const verdict = await judgeNeighbour(neighbour, place, settings, deps);
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
		const { guarded, evidence } = verdict;
		const { labelBy, judgeTimeoutMs } = settings;
		const watch = { key, similarity, guarded, evidence, answer, labelBy, judgeTimeoutMs };
		return { hit: false, place: { ...place, watch }, reasons };
	}
	return { hit: false, place, reasons: [via, ...refused.slice(0, 2)] };
}

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
	const age = freshness(entryAge(row.storedAtMs, entry.meta), nowMs, control, 'lookup');
	if (age.state === 'unusable') return { refused: age.reason, gone: false };
	return { entry, ageMs: Math.max(0, age.ageMs), stale: age.state === 'stale' };
}

const SHOWN = 60;

const shortened = (prompt: string): string =>
	prompt.length > SHOWN ? `${prompt.slice(0, SHOWN)}…` : prompt;
