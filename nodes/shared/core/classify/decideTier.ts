import type { ClassifyOptions } from './classifyPrompt';
import type { ModelHeader } from './model';
import type { PromptLanguage, TaskType, Tier } from './taskTypes';

const DEFAULT_COST_QUALITY = 0.5;
const DEFAULT_MAX_SMALL_TOKENS = 8000;
/** How far the slider moves the threshold between its middle and either end, in logits. */
const SLIDER_REACH = 6;
/** Within this distance of the threshold a decision is called close. */
const CLOSE = 0.5;

/** What the side is decided from. */
export interface TierInput {
	text: string;
	type: TaskType;
	language: PromptLanguage;
	/** Positive: the types and the side output speak for the large model. */
	sideLogit: number;
	difficulty: number;
	header: ModelHeader;
	options: ClassifyOptions;
}

/** The side, and what decided it where that was not the task itself. */
export interface TierDecision {
	tier: Tier;
	reason?: string;
}

/**
 * Decides the side: token limit, then the user's rules, then slider, type and difficulty.
 * A higher `costQuality` never moves a prompt from the large model to the small one.
 */
export function decideTier(input: TierInput): TierDecision {
	const { text, header, options } = input;
	const limit = options.maxSmallModelTokens ?? DEFAULT_MAX_SMALL_TOKENS;
	const tokens = estimateTokens(text);
	if (limit > 0 && tokens > limit) {
		return { tier: 'large', reason: `about ${tokens} tokens, more than the small model takes` };
	}
	for (const rule of options.rules ?? []) {
		if (rule.holds(input)) return { tier: rule.tier, reason: rule.reason };
	}
	const costQuality = clamp(options.costQuality ?? DEFAULT_COST_QUALITY);
	if (costQuality === 0) return { tier: 'small', reason: 'the slider is at lowest cost' };
	if (costQuality === 1) return { tier: 'large', reason: 'the slider is at best quality' };
	const score = input.sideLogit + header.difficultyWeight * (input.difficulty - 0.5);
	const threshold = header.sideThreshold + SLIDER_REACH * (1 - 2 * costQuality);
	const tier = score >= threshold ? 'large' : 'small';
	if (input.type === 'other') return { tier, reason: 'unknown prompts go to the large model' };
	if (Math.abs(score - threshold) < CLOSE) {
		return {
			tier,
			reason: tier === 'large' ? 'uncertain: the large model is safer' : 'a close call',
		};
	}
	return { tier };
}

/** Rough number of tokens, four characters each; good enough for a limit. */
export function estimateTokens(text: string): number {
	return Math.ceil(text.length / 4);
}

function clamp(value: number): number {
	return Number.isFinite(value) ? Math.min(1, Math.max(0, value)) : DEFAULT_COST_QUALITY;
}
