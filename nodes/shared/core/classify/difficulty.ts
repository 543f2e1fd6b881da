import type { Lexicon } from './lexicon';
import type { SegmentedPrompt, Unit } from './segment';
import type { PromptStructure } from './structure';

/** What makes a text hard, counted. */
export interface DifficultySignals {
	/** Steps, conditions and constraints spelled out. */
	steps: number;
	conditions: number;
	constraints: number;
	/** Words that begin with a digit. */
	quantities: number;
	/** Sentences that state or ask something. */
	sentences: number;
	words: number;
	/** Share of long words: technical or learned vocabulary. */
	longWords: number;
	/** Proof, derivation, competition mathematics, whole systems to build. */
	formal: number;
	latex: number;
	/** Several things asked for at once. */
	requests: number;
}

/** The signals of what is asked and of what is given with it. */
export interface PromptDifficulty {
	asked: DifficultySignals;
	given: DifficultySignals;
	/** Answers to choose from are given. */
	isChoice: boolean;
	/** The answer ends a sentence that asks nothing; such exam questions are failed more often. */
	isCompletion: boolean;
	/** "Which is not …": every answer has to be judged. */
	isNegated: boolean;
}

const NEGATION =
	/\b(?:not|never|cannot|except|least|false|incorrect|n'est pas|ne sont pas|sauf|faux|fausses?|inexacte?s?|nicht|kein|ausser|falsch|no es|no son|excepto|fals[oa]s?|incorrect[oa]s?)\b/;

/** Types whose pasted part is the problem itself: reasoning, math, coding. */
const PROBLEM_TYPES = [9, 10, 11];
const CODING = 11;
/** How much a pasted text counts where it is only worked on. */
const GIVEN_SHARE = 0.2;

/** Prior of each task type: how often a small model fails at it, in the order of `TASK_TYPES`. */
const TYPE_PRIOR = [
	0.14, 0.2, 0.14, 0.18, 0.14, 0.16, 0.28, 0.28, 0.24, 0.62, 0.58, 0.58, 0.34, 0.28, 0.24, 0.5,
];

/** Counts the signals within the part of the prompt that is looked at. */
export function readDifficultySignals(
	lexicon: Lexicon,
	parts: SegmentedPrompt,
	structure: PromptStructure,
): PromptDifficulty {
	const { instruction, constraints, payload } = parts;
	const asked = count(lexicon, [...instruction, ...constraints]);
	asked.constraints = constraints.length;
	asked.latex = structure.latexCommands;
	const { isChoice } = parts;
	const isCompletion = isChoice && !structure.instructionAsks;
	const isNegated = isChoice && instruction.some(({ text }) => NEGATION.test(text));
	return { asked, given: count(lexicon, payload), isChoice, isCompletion, isNegated };
}

function count(lexicon: Lexicon, units: Unit[]): DifficultySignals {
	let long = 0;
	let words = 0;
	let quantities = 0;
	for (const unit of units) {
		words += unit.wordCount;
		for (let start = 0; start < unit.words.length;) {
			const space = unit.words.indexOf(' ', start);
			const end = space < 0 ? unit.words.length : space;
			if (end - start >= 9) long++;
			const sign = unit.words.charCodeAt(start);
			if (sign >= 48 && sign <= 57) quantities++;
			start = end + 1;
		}
	}
	const marked = (kind: 0 | 1 | 2): number => units.reduce((n, u) => n + u.marks[kind], 0);
	return {
		steps: marked(1),
		conditions: marked(2),
		constraints: 0,
		quantities,
		sentences: units.filter((u) => u.wordCount > 3).length,
		words,
		longWords: long / Math.max(8, words),
		formal: marked(0),
		latex: 0,
		requests: countRequests(lexicon, units),
	};
}

function countRequests(lexicon: Lexicon, units: Unit[]): number {
	let n = 0;
	for (const unit of units) {
		if (unit.hits.some((h) => h.word <= 1 && lexicon.concepts[h.concept]!.startsWith('v_'))) n++;
		else if (unit.text.trimEnd().endsWith('?')) n++;
	}
	return n;
}

/**
 * Default weights: bias, prior, then `DifficultySignals` in their order, an exam sentence to complete, and an
 * exam question with a negation. Set by hand, then moved on where Mixtral-8x7B fails (RouteLLM's evaluation
 * files, 2024) and on graded prompts (WizardLM test set); the model card says which, and what others say.
 * All but the bias are positive: more of anything never makes a prompt easier.
 */
export const DIFFICULTY_WEIGHTS = [
	-3.6, 3.2, 0.4, 0.2, 0.3, 0.05, 0.16, 0.45, 1, 0.9, 0.3, 0.3, 1, 0.3,
];

const saturate = (n: number): number => Math.log2(1 + n);
/** Words that count as one. */
const WORD_UNIT = 10;

/** What the weights are multiplied with. */
function weighedValues(
	{ asked, given, isChoice, isCompletion, isNegated }: PromptDifficulty,
	types: ArrayLike<number>,
): number[] {
	let prior = 0;
	for (let c = 0; c < types.length; c++) prior += types[c]! * TYPE_PRIOR[c]!;
	const isProblem = PROBLEM_TYPES.reduce((p, c) => p + (types[c] ?? 0), 0);
	const share = isChoice ? 1 : GIVEN_SHARE + (1 - GIVEN_SHARE) * isProblem;
	const both = (name: keyof DifficultySignals): number => asked[name] + share * given[name];
	// The numbers in a task for code are examples of input, not quantities to reckon with.
	const reckons = 1 - (types[CODING] ?? 0);
	return [
		1,
		prior,
		saturate(both('steps')),
		saturate(both('conditions')),
		saturate(both('constraints')),
		saturate(both('quantities')) * reckons,
		saturate(both('sentences')),
		saturate(both('words') / WORD_UNIT),
		both('longWords'),
		saturate(both('formal')),
		saturate(both('latex')),
		saturate(both('requests')),
		isCompletion ? 1 : 0,
		isNegated ? 1 : 0,
	];
}

/**
 * How hard a prompt is, 0-1: how likely a small model is to fail at it.
 * @param types probabilities of the learned task types
 */
export function scoreDifficulty(
	signals: PromptDifficulty,
	types: ArrayLike<number>,
	weights: readonly number[] = DIFFICULTY_WEIGHTS,
): number {
	let z = 0;
	weighedValues(signals, types).forEach((v, i) => (z += v * (weights[i] ?? 0)));
	return 1 / (1 + Math.exp(-z));
}
