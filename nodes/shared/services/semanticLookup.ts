import { decodeEntry, type Entry } from '../core/entry/envelope';
import { CorruptEntry } from '../core/errors';
import type { CacheControl } from '../core/freshness/cacheControl';
import { freshness } from '../core/freshness/freshness';
import type { GuardName } from '../core/guards/allGuards';
import type { SemanticQuestion } from '../core/semantic/partition';
import { sameAnswer, type SemanticTables } from '../core/semantic/sameAnswer';
import type { Embedder } from '../ports/Embedder';
import type { GuardedStore } from '../ports/GuardedStore';
import type { Neighbour, Partition, VectorIndex } from '../ports/VectorIndex';

export interface SemanticSettings {
	policy: 'guarded' | 'threshold' | 'shadow';
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
}

export type SemanticOutcome = { place: SemanticPlace; reasons: string[] } & (
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
			const place = { partition, prompt: question.text, vector: vectors[at]! };
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
		const verdict = judge(neighbour, place.prompt, settings, deps);
		if (!verdict.hit) {
			refused.push(
				`"${shortened(neighbour.prompt)}" is ${neighbour.similarity.toFixed(2)} similar: ${verdict.reason}`,
			);
			continue;
		}
		const served = await serve(neighbour, request, settings, deps);
		if ('refused' in served) {
			if (served.gone) {
				await deps.store.run(
					() => index.remove(place.partition, [neighbour.key]),
					settings.timeoutMs,
				);
			}
			refused.push(`"${shortened(neighbour.prompt)}": ${served.refused}`);
			continue;
		}
		const { similarity, prompt: matchedPrompt, key } = neighbour;
		const reasons = [via, verdict.reason];
		if (settings.policy === 'shadow') {
			return { hit: false, place, reasons: [...reasons, 'shadow: it would have been served'] };
		}
		return { hit: true, place, reasons, key, similarity, matchedPrompt, ...served };
	}
	return { hit: false, place, reasons: [via, ...refused.slice(0, 2)] };
}

function judge(
	{ prompt, similarity }: Neighbour,
	asked: string,
	{ policy, threshold, guards }: SemanticSettings,
	{ tables }: SemanticDeps,
): { hit: boolean; reason: string } {
	if (policy === 'threshold') {
		const hit = similarity >= threshold;
		return {
			hit,
			reason: hit ? `similarity ${similarity.toFixed(3)}` : `the threshold is ${threshold}`,
		};
	}
	const answer = sameAnswer(prompt, asked, tables(), { guards, similarity, threshold });
	return { hit: answer.hit, reason: answer.reasons.join('; ') };
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
