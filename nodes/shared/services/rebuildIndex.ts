import { decodeEntry, type SemanticMark } from '../core/entry/envelope';
import { CorruptEntry } from '../core/errors';
import { partitionIdOf } from '../core/semantic/partition';
import type { CacheStore, ExportedEntry } from '../ports/CacheStore';
import type { SemanticDeps } from './semanticMatching';

export interface RebuildReport {
	/** Prompts in the index now. */
	indexed: number;
	/** Frames of requests (model, system prompt, earlier turns and so on) that they are of. */
	partitions: number;
	/** Entries that were stored by exact matching, or cannot be read here: they are in no index. */
	skipped: number;
}

interface Marked extends SemanticMark {
	namespace: string;
	key: string;
	leftMs: number;
}

const BATCH = 200;
const TIMEOUT_MS = 600_000;

/**
 * Builds the semantic index anew from the entries: after an import, for another embedder or another index, or where
 * an index was lost. What is stored meanwhile may be left out; then it is a miss by meaning until it is stored again.
 * @param namespace all where left out
 * @throws StoreUnavailable where cache or index do not answer; errors of the embedder as they are
 */
export async function rebuildIndex(
	namespace: string | undefined,
	encryptionKeys: readonly Buffer[],
	{ store, index, embedder }: Pick<SemanticDeps, 'store' | 'index' | 'embedder'>,
): Promise<RebuildReport> {
	const report: RebuildReport = { indexed: 0, partitions: 0, skipped: 0 };
	const cleared = new Set<string>();

	async function add(batch: Marked[]): Promise<void> {
		const vectors = await embedder.embed(batch.map(({ prompt }) => prompt));
		for (const [at, { namespace: space, frameId, key, prompt, leftMs }] of batch.entries()) {
			const partition = { namespace: space, id: partitionIdOf(frameId, embedder.id) };
			if (!cleared.has(partition.id)) await index.clear(partition);
			cleared.add(partition.id);
			await index.add(partition, { key, prompt, vector: vectors[at]! }, leftMs);
		}
		report.indexed += batch.length;
		report.partitions = cleared.size;
	}

	let isOver = false;
	const walk = async (live: CacheStore): Promise<void> => {
		let batch: Marked[] = [];
		for await (const entry of live.entries(namespace)) {
			if (isOver) return;
			const mark = markOf(entry, encryptionKeys);
			const leftMs = entry.keepMs - entry.ageMs;
			if (!mark || leftMs <= 0) {
				report.skipped += 1;
				continue;
			}
			batch.push({ ...mark, namespace: entry.namespace, key: entry.key, leftMs });
			if (batch.length < BATCH) continue;
			await add(batch);
			batch = [];
		}
		if (batch.length > 0) await add(batch);
	};
	try {
		await store.run(walk, TIMEOUT_MS);
	} finally {
		// A walk whose time is over goes on by itself otherwise.
		isOver = true;
	}
	return report;
}

function markOf({ packed }: ExportedEntry, keys: readonly Buffer[]): SemanticMark | undefined {
	try {
		return decodeEntry(packed, keys).meta.semantic;
	} catch (error) {
		if (error instanceof CorruptEntry) return undefined;
		throw error;
	}
}
