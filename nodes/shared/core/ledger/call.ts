import type { Reservation } from '../budget/budget';

/** Where a call is booked. All texts are the user's own or the provider's; empty means not given. */
export interface LedgerDimensions {
	provider: string;
	model: string;
	workflow: string;
	namespace: string;
	tags: readonly string[];
	/** Name of the prompt, where the user gave one. */
	prompt: string;
}

/** One model call, one answer that a response cache gave instead, or one call that was begun and perhaps lost. */
export interface LedgerCall extends LedgerDimensions {
	/** The same for every attempt to book this call: execution, node, run, item, part. */
	id: string;
	/** Time of the call, ms since 1970. */
	atMs: number;
	/** `lost`: begun by a process that gave no more sign of life; its answer is not here, and neither its cost. */
	kind: 'call' | 'hit' | 'lost';
	/** What was billed; null when not known. 0 for a hit. */
	costNanoUsd: number | null;
	/** What a hit would have cost at today's price; null when not known. */
	avoidedNanoUsd: number | null;
	/** Embedding, judge and exploration cost that the response cache caused. */
	overheadNanoUsd: number;
	/** What the provider's own prompt cache saved; negative when writes cost more. */
	providerSavedNanoUsd: number;
	inputTokens: number;
	cacheReadTokens: number;
	cacheWriteTokens: number;
	outputTokens: number;
	/** How long the call (or the hit) took. */
	latencyMs: number | null;
	/** How much sooner the hit answered than the model would have. */
	savedLatencyMs: number;
	/** How many answers just like this one are booked together; 1 where left out. */
	times?: number;
	/** Reservations of budgets that this call settles. */
	settles: readonly Reservation[];
}

/** A call with its texts cleaned; what is not given is nothing, or not known. */
export function ledgerCall({
	provider = '',
	model = '',
	workflow = '',
	namespace = '',
	tags = [],
	prompt = '',
	...given
}: Pick<LedgerCall, 'id' | 'atMs' | 'kind'> & Partial<LedgerCall>): LedgerCall {
	return {
		...cleanDimensions({ provider, model, workflow, namespace, tags, prompt }),
		costNanoUsd: null,
		avoidedNanoUsd: null,
		overheadNanoUsd: 0,
		providerSavedNanoUsd: 0,
		inputTokens: 0,
		cacheReadTokens: 0,
		cacheWriteTokens: 0,
		outputTokens: 0,
		latencyMs: null,
		savedLatencyMs: 0,
		settles: [],
		...given,
	};
}

/** Limits that keep one wild field from filling the ledger. */
const maxTextLength = 120;
const maxTags = 8;

/** Cleans texts: one line, of bounded length, tags sorted and without doubles. */
export function cleanDimensions(dimensions: LedgerDimensions): LedgerDimensions {
	return {
		provider: cleanText(dimensions.provider),
		model: cleanText(dimensions.model),
		workflow: cleanText(dimensions.workflow),
		namespace: cleanText(dimensions.namespace) || 'default',
		tags: [...new Set(dimensions.tags.map(cleanText).filter((tag) => tag !== ''))]
			.sort()
			.slice(0, maxTags),
		prompt: cleanText(dimensions.prompt),
	};
}

/** @returns the text on one line, control characters out, cut where it is too long */
export function cleanText(text: string): string {
	return text
		.replace(/[\u0000-\u001f\u007f]+/g, ' ')
		.trim()
		.slice(0, maxTextLength);
}
