import { StoreUnavailable } from '../core/errors';
import type { GuardedStore } from '../ports/GuardedStore';
import type { VectorIndex } from '../ports/VectorIndex';
import type { SemanticPlace } from './semanticLookup';
import type { StoreOutcome, StoreRequest } from './store';

/** A request to store whose prompt may be found by nearness later. */
export type IndexableRequest = StoreRequest & { semantic?: SemanticPlace };

const TIMEOUT_MS = 2_000;

/**
 * Indexes the prompts of stored answers. The answer is stored first: an index without the answer would propose what
 * is not there, an answer without index is still an exact hit. A failure is told in the outcome's reasons.
 */
export async function indexStored(
	requests: IndexableRequest[],
	outcomes: StoreOutcome[],
	{ store, vectorIndex }: { store: GuardedStore; vectorIndex(): Promise<VectorIndex> },
): Promise<void> {
	await Promise.all(
		outcomes.map(async (outcome, at) => {
			const { semantic, key } = requests[at]!;
			if (!outcome.stored || !semantic) return;
			const { partition, prompt, vector } = semantic;
			try {
				const index = await vectorIndex();
				await store.run(
					() => index.add(partition, { key, prompt, vector }, outcome.keepMs),
					TIMEOUT_MS,
				);
			} catch (error) {
				if (!(error instanceof StoreUnavailable)) throw error;
				outcome.reasons.push(`not indexed for semantic matching: ${error.message}`);
			}
		}),
	);
}
