import type { SemanticMark } from '../core/entry/envelope';
import type { GuardName } from '../core/guards/allGuards';
import type { SemanticTables } from '../core/semantic/sameAnswer';
import type { LabelBy } from '../core/semantic/sameReply';
import type { Clock } from '../ports/Clock';
import type { Embedder } from '../ports/Embedder';
import type { GuardedStore } from '../ports/GuardedStore';
import type { SemanticMemory } from '../ports/SemanticMemory';
import type { Partition, VectorIndex } from '../ports/VectorIndex';

export interface SemanticSettings {
	policy: 'guarded' | 'threshold' | 'shadow' | 'verified';
	/** Promised share of wrong answers under `verified`, 0-1. */
	maxErrorRate: number;
	/** How a fresh answer is compared with the neighbour's. */
	labelBy: LabelBy | 'judge';
	/** How long a judging model may take. */
	judgeTimeoutMs: number;
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

/** Where the prompt would be indexed once it has an answer. */
export interface SemanticPlace extends SemanticMark {
	partition: Partition;
	vector: Float32Array;
	index: VectorIndex;
	/** The neighbour whose answer the fresh one is compared with. */
	watch?: {
		key: string;
		similarity: number;
		guarded: boolean;
		/** Score of the guarded decision, 0-1: what `verified` learns over. */
		evidence: number;
		answer: string;
		labelBy: LabelBy | 'judge';
		judgeTimeoutMs: number;
	};
}
