import type { Lexicon } from './lexicon';
import type { SegmentedPrompt, Unit } from './segment';
import type { PromptStructure } from './structure';

/** What makes a prompt hard, counted. */
export interface DifficultySignals {
	/** Steps, conditions and constraints spelled out. */
	steps: number;
	conditions: number;
	constraints: number;
	/** Different quantities in the prompt. */
	quantities: number;
	/** Sentences that state or ask something. */
	sentences: number;
	words: number;
	/** Share of long words: technical or learned vocabulary. */
	longWords: number;
	/** Proof, derivation, competition mathematics. */
	formal: number;
	latex: number;
	/** Several things asked for at once. */
	requests: number;
}

/** Prior of each task type: how often a small model fails at it, in the order of `TASK_TYPES`. */
const TYPE_PRIOR = [
	0.12, 0.16, 0.14, 0.16, 0.16, 0.14, 0.24, 0.4, 0.32, 0.6, 0.5, 0.56, 0.46, 0.38, 0.34, 0.5,
];

const FORMAL =
	/\b(?:prove|proof|theorem|lemma|induction|integer|integers|polynomial|modulo|divisor|divisible|prime|primes|real numbers|complex number|matrix|eigen\w*|integral|derivative|differential|converge\w*|bijection|probability|expected value|combinator\w*|permutation\w*|inscribed|circumscribed|tangent|perpendicular|sequence|recurrence|asymptotic\w*|complexity|concurren\w*|thread safe|distributed|deadlock|np hard|dynamic programming|demontr\w*|preuve|theoreme|recurrence|entiers|polynome|beweis\w*|satz|primzahl\w*|demuestr\w*|teorema)\b/g;
const SEQUENCE =
	/\b(?:then|after that|afterwards|next|finally|first|second|third|later|before|twice|half|times as|more than|fewer than|less than|each|every|remaining|left over|rest|total|puis|ensuite|enfin|apres|avant|d abord|deux fois|moitie|chaque|reste|dann|danach|zuerst|anschliessend|doppelt|halb|jede\w*|rest|luego|despues|primero|finalmente|doble|mitad|cada|resto)\b/g;
const CONDITION =
	/\b(?:if|unless|otherwise|except|only if|provided|when|whenever|given that|such that|subject to|without|must|cannot|at least|at most|exactly|neither|nor|si|sauf|sinon|sans|doit|doivent|au moins|au plus|exactement|wenn|falls|ausser|ohne|muss|mindestens|hochstens|genau|salvo|excepto|sin|debe|al menos|como maximo)\b/g;

function matches(pattern: RegExp, text: string): number {
	pattern.lastIndex = 0;
	let n = 0;
	while (pattern.exec(text) !== null && n < 60) n++;
	return n;
}

/** Counts the signals within the part of the prompt that is looked at. */
export function readDifficultySignals(
	lexicon: Lexicon,
	parts: SegmentedPrompt,
	structure: PromptStructure,
): DifficultySignals {
	const units = [...parts.instruction, ...parts.constraints, ...parts.payload];
	const text = units
		.map((u) => u.words)
		.join(' ')
		.slice(0, 1600);
	let long = 0;
	let words = 0;
	for (const word of text.split(' ')) {
		words++;
		if (word.length >= 9) long++;
	}
	const requests = countRequests(lexicon, parts.instruction);
	return {
		steps: matches(SEQUENCE, text),
		conditions: matches(CONDITION, text),
		constraints: parts.constraints.length,
		quantities: structure.numbers,
		sentences: units.filter((u) => u.wordCount > 3).length,
		words,
		longWords: long / Math.max(8, words),
		formal: matches(FORMAL, text),
		latex: structure.latexCommands,
		requests,
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

/** Default weights of the signals, in the order of `DifficultySignals`; bias first, then the prior. */
export const DIFFICULTY_WEIGHTS = [
	-2.55, 3.6, 0.26, 0.2, 0.16, 0.24, 0.22, 0.26, 1.6, 0.45, 0.3, 0.2,
];

const saturate = (n: number): number => Math.log2(1 + n);

/**
 * How hard a prompt is, 0-1: how likely a small model is to fail at it.
 * @param types probabilities of the learned task types
 */
export function scoreDifficulty(
	signals: DifficultySignals,
	types: ArrayLike<number>,
	weights: readonly number[] = DIFFICULTY_WEIGHTS,
): number {
	let prior = 0;
	for (let c = 0; c < types.length; c++) prior += types[c]! * TYPE_PRIOR[c]!;
	const values = [
		1,
		prior,
		saturate(signals.steps),
		saturate(signals.conditions),
		saturate(signals.constraints),
		saturate(signals.quantities),
		saturate(signals.sentences),
		saturate(signals.words / 20),
		signals.longWords,
		saturate(signals.formal),
		saturate(signals.latex),
		saturate(signals.requests),
	];
	let z = 0;
	values.forEach((v, i) => (z += v * (weights[i] ?? 0)));
	return 1 / (1 + Math.exp(-z));
}
