import { readDifficultySignals, scoreDifficulty } from './difficulty';
import { decideTier } from './decideTier';
import { createFeatureVector, readFeatures, type FeatureVector } from './features';
import { detectLanguage } from './language';
import type { Lexicon } from './lexicon';
import { runModel, type ClassifierModel } from './model';
import { normalizePrompt } from './normalize';
import { explainDecision } from './reasons';
import type { CompiledRule } from './rules';
import { segmentPrompt, type SegmentedPrompt } from './segment';
import { readStructure, type PromptStructure } from './structure';
import {
	SMALL_TYPE_COUNT,
	TASK_TYPES,
	type PromptLanguage,
	type TaskType,
	type Tier,
} from './taskTypes';

/** What the classifier works with; loaded once. */
export interface Classifier {
	lexicon: Lexicon;
	model: ClassifierModel;
	/** Reused between calls. */
	features: FeatureVector;
}

/** How a user steers the decision. */
export interface ClassifyOptions {
	/** 0 sends everything to the small model, 1 everything to the large one; default 0.5. */
	costQuality?: number;
	/** First matching rule wins over the built-in decision. */
	rules?: readonly CompiledRule[];
	/** Estimated prompt tokens above which the small model is not used; default 8000, 0 for no limit. */
	maxSmallModelTokens?: number;
	/** Types that may be answered; default all. */
	labels?: readonly TaskType[];
	/** The type a judging model gave; it stands for the built-in one and for the side that follows. */
	judgedType?: TaskType;
}

/** The decision for one prompt. */
export interface TaskDecision {
	type: TaskType;
	tier: Tier;
	/** 0-1: how likely a small model is to fail. */
	difficulty: number;
	/** 0-1: how sure the type is. */
	confidence: number;
	language: PromptLanguage;
	/** Most telling first; what decided the side comes last. */
	reasons: string[];
}

/** Makes a classifier of its two tables. */
export function createClassifier(lexicon: Lexicon, model: ClassifierModel): Classifier {
	return { lexicon, model, features: createFeatureVector() };
}

/**
 * Says which task a prompt is, how hard it is and which side it goes to.
 * Letter case, accents, white space at the ends, wrapping quotes and polite phrases do not matter.
 * @param text any string; of long ones only the two ends are read
 */
export function classifyPrompt(
	classifier: Classifier,
	text: string,
	options: ClassifyOptions = {},
): TaskDecision {
	const { lexicon, model, features } = classifier;
	const prompt = normalizePrompt(text);
	const parts = segmentPrompt(lexicon, prompt);
	const structure = readStructure(prompt, parts);
	const language = detectLanguage(prompt, parts);
	readFeatures(parts, structure, features);
	const output = runModel(model, features);
	const signals = readDifficultySignals(lexicon, parts, structure);
	const known = isKnown(language, parts, structure);
	const builtIn = chooseType(output.types, options.labels, known);
	const { judgedType } = options;
	const type = judgedType ?? builtIn.type;
	const confidence = judgedType ? JUDGED_CONFIDENCE : builtIn.confidence;
	const difficulty = known
		? scoreDifficulty(signals, output.types, model.header.difficulty)
		: UNKNOWN_DIFFICULTY;
	const side = decideTier({
		text,
		type,
		language,
		sideLogit: judgedType ? judgedSide(judgedType) : known ? output.sideLogit : UNKNOWN_SIDE_LOGIT,
		difficulty,
		header: model.header,
		options,
	});
	const reasons = explainDecision(type, confidence, signals.asked, structure);
	if (judgedType) reasons.push('decided by the attached chat model');
	if (side.reason) reasons.push(side.reason);
	return { type, tier: side.tier, difficulty, confidence, language, reasons };
}

/** Nothing is known of such a prompt: it is taken as hard and goes to the large model. */
const UNKNOWN_DIFFICULTY = 0.5;
const UNKNOWN_SIDE_LOGIT = 1;

/** A judge is right more often than not, but nothing tells how often. */
const JUDGED_CONFIDENCE = 0.9;
const JUDGED_SIDE_LOGIT = 2;

function judgedSide(type: TaskType): number {
	const place = TASK_TYPES.indexOf(type);
	return place < SMALL_TYPE_COUNT ? -JUDGED_SIDE_LOGIT : JUDGED_SIDE_LOGIT;
}

/** Share of signs of code above which a text without a language is code all the same. */
const CODE_LIKE = 0.02;

function isKnown(
	language: PromptLanguage,
	parts: SegmentedPrompt,
	structure: PromptStructure,
): boolean {
	if (structure.hasCodeFence || structure.hasFormula || structure.latexCommands > 0) return true;
	const hits = parts.instruction.reduce((n, u) => n + u.hits.length, 0);
	if (language === 'none') {
		return (
			hits > 0 || structure.hasJson || structure.hasMarkup || structure.codeDensity > CODE_LIKE
		);
	}
	if (language === 'other') return hits > 1 || structure.hasJson;
	return hits > 0 || structure.instructionWords > 2 || structure.payloadWords > 3;
}

function chooseType(
	types: Float64Array,
	labels: readonly TaskType[] | undefined,
	known: boolean,
): { type: TaskType; confidence: number } {
	if (!known) return { type: 'other', confidence: 0 };
	let best = -1;
	let allowed = 0;
	TASK_TYPES.forEach((type, i) => {
		if (i >= types.length || (labels && labels.length > 0 && !labels.includes(type))) return;
		allowed += types[i]!;
		if (best < 0 || types[i]! > types[best]!) best = i;
	});
	if (best < 0) return { type: 'other', confidence: 0 };
	return { type: TASK_TYPES[best]!, confidence: types[best]! / Math.max(allowed, 1e-9) };
}
