/** A fresh answer met the answer of a similar prompt. */
export interface Observation {
	/** Nearness of the two prompts, 0-1: their cosine, or the score of the guarded decision where `verified` learns. */
	similarity: number;
	/** The answers were the same: serving the old one would have been right. */
	same: boolean;
	/** The guarded policy would have served the old one. */
	guarded: boolean;
}

/** What semantic matching learns; forgotten after a while like any entry. */
export interface SemanticMemory {
	/** Remembers pairs of prompts that must never share an answer; a pair is 64 hex characters. */
	rememberDifferent(namespace: string, pairs: string[], keepMs: number): Promise<void>;

	/** For each pair, in order: is it known to be different? */
	areDifferent(namespace: string, pairs: string[]): Promise<boolean[]>;

	/** Adds an observation to a subject: the key of an entry, or a name. Only the latest are kept. */
	observe(
		namespace: string,
		subject: string,
		observation: Observation,
		keepMs: number,
	): Promise<void>;

	/** Observations of a subject, oldest first. */
	observations(namespace: string, subject: string): Promise<Observation[]>;
}

/** Observations kept for one subject. */
export const MAX_OBSERVATIONS = 2_000;
