import type { UsageRecord } from './record';

/** Input counts as a provider states them, before they are made disjoint. */
export interface InputCounts {
	/** Stated input. */
	total: number | null;
	cacheRead: number | null;
	cacheWrite5m: number | null;
	cacheWrite1h: number | null;
	/** Audio within the stated input, cached audio included. */
	audio: number | null;
	/** Cached audio, where told. */
	cacheReadAudio?: number | null;
	/** Cache reads and writes are part of `total` (all but Anthropic's and Bedrock's own replies). */
	cacheInside: boolean;
}

/** Output counts as a provider states them. */
export interface OutputCounts {
	total: number | null;
	reasoning: number | null;
	audio: number | null;
	/** Reasoning is part of `total`. */
	reasoningInside: boolean;
}

type InputParts = Pick<
	UsageRecord,
	'inputUncached' | 'cacheRead' | 'cacheWrite5m' | 'cacheWrite1h' | 'inputAudio'
>;

/** Disjoint input parts, and how much of `cacheRead` was audio. */
export interface SplitInput {
	parts: InputParts;
	cacheReadAudio: number;
}

type OutputParts = Pick<UsageRecord, 'outputText' | 'reasoning' | 'outputAudio'>;

/**
 * Makes the input parts disjoint. The rest of the input is clamped at 0; where audio and cached
 * tokens together exceed the whole, the excess is cached audio and is counted once, as cached.
 */
export function splitInput(counts: InputCounts): SplitInput {
	const { total, cacheRead, cacheWrite5m, cacheWrite1h, audio, cacheInside } = counts;
	const cached = (cacheRead ?? 0) + (cacheWrite5m ?? 0) + (cacheWrite1h ?? 0);
	const overlap = total === null || !cacheInside ? 0 : Math.max(0, cached + (audio ?? 0) - total);
	const cacheReadAudio = Math.min(counts.cacheReadAudio ?? overlap, audio ?? 0, cacheRead ?? 0);
	const inputAudio = audio === null ? null : audio - cacheReadAudio;
	const inputUncached =
		total === null ? null : Math.max(0, total - (cacheInside ? cached : 0) - (inputAudio ?? 0));
	return {
		parts: { inputUncached, cacheRead, cacheWrite5m, cacheWrite1h, inputAudio },
		cacheReadAudio,
	};
}

/** Makes the output parts disjoint, the text part clamped at 0. */
export function splitOutput(counts: OutputCounts): OutputParts {
	const { total, reasoning, audio, reasoningInside } = counts;
	const inside = (reasoningInside ? (reasoning ?? 0) : 0) + (audio ?? 0);
	return {
		outputText: total === null ? null : Math.max(0, total - inside),
		reasoning,
		outputAudio: audio,
	};
}

/**
 * Whether reasoning tokens come on top of the stated output: they do when the stated total says
 * so, or when they exceed the output they would be part of.
 */
export function reasoningIsAdditional(
	input: number | null,
	output: number | null,
	reasoning: number | null,
	total: number | null,
): boolean {
	if (!reasoning || output === null) return false;
	if (reasoning > output) return true;
	return total !== null && input !== null && total === input + output + reasoning;
}

/**
 * Whether cached tokens that should be inside the stated input come on top of it: they do when they
 * exceed what they would be part of, as frameworks leave Anthropic's own numbers.
 */
export function cacheExceedsInput(
	input: number | null,
	...cached: ReadonlyArray<number | null>
): boolean {
	return input !== null && cached.reduce((sum: number, part) => sum + (part ?? 0), 0) > input;
}

/** Cache writes by life: what the stated sum holds beyond the breakdown has the default life. */
export function splitWrites(
	stated: number | null,
	fiveMinutes: number | null,
	oneHour: number | null,
): { cacheWrite5m: number | null; cacheWrite1h: number | null } {
	if (fiveMinutes === null && oneHour === null) return { cacheWrite5m: stated, cacheWrite1h: null };
	const rest = Math.max(0, (stated ?? 0) - (fiveMinutes ?? 0) - (oneHour ?? 0));
	// A growing one-hour-only write keeps its life: streams restate the sum, not the breakdown.
	if (rest > 0 && (oneHour ?? 0) > 0 && (fiveMinutes ?? 0) === 0) {
		return { cacheWrite5m: fiveMinutes, cacheWrite1h: (oneHour ?? 0) + rest };
	}
	return { cacheWrite5m: (fiveMinutes ?? 0) + rest, cacheWrite1h: oneHour };
}
