import type { SemanticQuestion } from '../core/semantic/partition';
import { promptPair } from '../core/semantic/promptPair';
import type { SemanticDeps } from './semanticMatching';

const MOST = 50;
const TIMEOUT_MS = 10_000;
const REMEMBER_MS = 90 * 86_400_000;

/**
 * Invalidates every answer whose prompt is at least this near to a question, and remembers each of these pairs as
 * different, so that none of them answers the question again.
 * @param least cosine, 0-1
 * @returns how many entries were invalidated
 */
export async function invalidateNeighbours(
	namespace: string,
	{ text, partitionId }: SemanticQuestion,
	least: number,
	{ store, index, memory, embedder }: SemanticDeps,
): Promise<number> {
	const [vector] = await embedder.embed([text]);
	const partition = { namespace, id: partitionId };
	return await store.run(async (live) => {
		const nearest = await index.nearest(partition, vector!, MOST);
		const near = nearest.filter(({ similarity }) => similarity >= least);
		const pairs = near
			.filter(({ prompt }) => prompt !== text)
			.map(({ prompt }) => promptPair(partitionId, prompt, text));
		await memory.rememberDifferent(namespace, pairs, REMEMBER_MS);
		const gone = await Promise.all(
			near.map(({ key }) => live.invalidate(namespace, { by: 'key', key })),
		);
		const keys = near.map(({ key }) => key);
		await index.remove(partition, keys);
		return gone.reduce((sum, { invalidated }) => sum + invalidated, 0);
	}, TIMEOUT_MS);
}
