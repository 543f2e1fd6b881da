/** Where nearness may be asked: one namespace, one frame of request, one embedder. */
export interface Partition {
	namespace: string;
	/** 64 hex characters over everything that must be equal. */
	id: string;
}

export interface IndexedPrompt {
	/** Key of the entry with the answer. */
	key: string;
	prompt: string;
	/** Unit length. */
	vector: Float32Array;
}

export interface Neighbour {
	key: string;
	prompt: string;
	/** Cosine, -1 to 1. */
	similarity: number;
}

/**
 * Finds entries by nearness of their prompts. An index only proposes: whether the entry is still there and valid
 * is asked of the cache itself, so that index and entries cannot disagree about what is served.
 */
export interface VectorIndex {
	/** Shown to the user, e.g. `in-process search`. */
	readonly kind: string;
	/** @param keepMs how long the entry lives at most; milliseconds */
	add(partition: Partition, prompt: IndexedPrompt, keepMs: number): Promise<void>;
	/** The nearest prompts, best first. */
	nearest(partition: Partition, vector: Float32Array, count: number): Promise<Neighbour[]>;
	/** Forgets prompts whose entries are gone. */
	remove(partition: Partition, keys: string[]): Promise<void>;
	/** Forgets all prompts of a partition, before it is built anew. */
	clear(partition: Partition): Promise<void>;
}
