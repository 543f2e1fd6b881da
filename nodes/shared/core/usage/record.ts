/**
 * The one usage record of the package. The five input parts are disjoint and add up to the whole
 * input; the three output parts are disjoint and add up to the whole output.
 * `null` means the provider did not report it (unknown), which is not the same as 0.
 */
export interface UsageRecord {
	/** Input tokens billed at the plain input rate. */
	inputUncached: number | null;
	/** Input tokens read from the provider's prompt cache. */
	cacheRead: number | null;
	/** Input tokens written to the provider's prompt cache with its default life (5 min; OpenAI 30 min). */
	cacheWrite5m: number | null;
	/** Input tokens written to the prompt cache for one hour. */
	cacheWrite1h: number | null;
	/** Uncached audio input tokens. */
	inputAudio: number | null;
	/** Output tokens without reasoning and audio. */
	outputText: number | null;
	/** Hidden thinking tokens, billed as output. */
	reasoning: number | null;
	/** Audio output tokens. */
	outputAudio: number | null;
}

export const usageFields = [
	'inputUncached',
	'cacheRead',
	'cacheWrite5m',
	'cacheWrite1h',
	'inputAudio',
	'outputText',
	'reasoning',
	'outputAudio',
] as const satisfies ReadonlyArray<keyof UsageRecord>;

/** A record in which nothing was reported. */
export function unknownUsage(): UsageRecord {
	return {
		inputUncached: null,
		cacheRead: null,
		cacheWrite5m: null,
		cacheWrite1h: null,
		inputAudio: null,
		outputText: null,
		reasoning: null,
		outputAudio: null,
	};
}

function sumKnown(values: ReadonlyArray<number | null>): number | null {
	let sum: number | null = null;
	for (const value of values) if (value !== null) sum = (sum ?? 0) + value;
	return sum;
}

/** Whole input in tokens, or null when no part was reported. */
export function inputTotal(usage: UsageRecord): number | null {
	return sumKnown([
		usage.inputUncached,
		usage.cacheRead,
		usage.cacheWrite5m,
		usage.cacheWrite1h,
		usage.inputAudio,
	]);
}

/** Whole output in tokens, or null when no part was reported. */
export function outputTotal(usage: UsageRecord): number | null {
	return sumKnown([usage.outputText, usage.reasoning, usage.outputAudio]);
}

/** Field-wise sum of several calls; a field nobody reported stays null. */
export function addUsage(records: readonly UsageRecord[]): UsageRecord {
	const [only, second] = records;
	if (only !== undefined && second === undefined) return only;
	const sum = unknownUsage();
	for (const field of usageFields) sum[field] = sumKnown(records.map((record) => record[field]));
	return sum;
}
