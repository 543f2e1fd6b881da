/** What a judging model said of two answers, and what that cost. */
export interface ReplyJudgement {
	/** Null where it was of no help. */
	same: boolean | null;
	/** Tokens; null where the model reports none. */
	usage: { inputTokens: number; outputTokens: number } | null;
	/** Null where the price is not known. */
	usd: number | null;
	ms: number;
	/** Why there is no judgement. */
	error?: string;
}

/** Tells whether a stored answer would have served the question as well as the fresh one; never throws. */
export type ReplyJudge = (
	question: string,
	fresh: string,
	stored: string,
	timeoutMs: number,
) => Promise<ReplyJudgement>;
