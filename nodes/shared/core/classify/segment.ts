import { findConcepts, type Lexicon, type LexiconHit } from './lexicon';
import type { NormalizedPrompt } from './normalize';
import { findOptions } from './options';

/** A line or sentence of the prompt with what the lexicon finds in it. */
export interface Unit {
	/** Folded text as it stands. */
	text: string;
	/** The same reduced to letters, digits and `+`, words separated by one space. */
	words: string;
	/** Number of words. */
	wordCount: number;
	/** Phrases of the lexicon in the unit's language that tell a task. */
	hits: LexiconHit[];
	/** How often formal language, steps and conditions occur. */
	marks: [formal: number, steps: number, conditions: number];
	/** Function words of en, fr, de, es. */
	votes: [number, number, number, number];
	/** Bit mask of the unit's likely languages over `LEXICON_LANGUAGES`; 0 when nothing tells. */
	languages: number;
	/** How much the unit looks like an instruction; from `INSTRUCTION_SCORE` on it is taken as one. */
	score: number;
	fromTail: boolean;
	quoted: boolean;
	/** Begins as a question that is answered by yes or no. */
	asksYesNo: boolean;
}

/** A prompt split into what is asked and what is pasted. */
export interface SegmentedPrompt {
	instruction: Unit[];
	payload: Unit[];
	/** Sentences that only say how the answer shall look. */
	constraints: Unit[];
	/** Answers to choose from are given. */
	isChoice: boolean;
	/** Votes for en, fr, de, es by function words of the instruction, or of all where it has none. */
	languageVotes: [number, number, number, number];
}

const MAX_UNITS = 48;
const INSTRUCTION_SCORE = 2;
const MAX_INSTRUCTION_WORDS = 110;
const QUOTE_MIN_CHARS = 24;
const STEM_BONUS = 2.5;
const LISTED = /^[\s\-*]*\(?[a-j][.)] /;
const OPTION_MALUS = 3;

const ROLE_LABEL =
	/^[\s#*>\-\d.)]*(?:task|request|instructions?|question|q|query|prompt|goal|your task|tache|requete|demande|consigne|mission|objectif|aufgabe|anfrage|anweisung|frage|ziel|tarea|solicitud|instruccion(?:es)?|pregunta|objetivo|peticion)(?: \([a-z]+\))? ?[:*]/;
const CONTEXT_LABEL =
	/^[\s#*>\-]*(?:context|input|text|passage|paragraph|article|document|review|email|ticket|message|sentence|premise|hypothesis|background|data|output|contexte|entree|texte|avis|phrase|donnees|sortie|kontext|eingabe|hintergrund|daten|satz|contexto|entrada|texto|datos|frase|user|assistant|human|utilisateur|nutzer|benutzer|usuario)(?: \d+| [ab]| \([a-z]+\))? ?:/;
const CONSTRAINT =
	/^[\s#*>\-\d.)(]*(?:your (?:entire |whole |final )?(?:answer|response|reply|output|essay|poem|story|text)|the (?:answer|response|reply|output|word|words|letter|last|first|final|very) |(?:please )?(?:do not|don't|never|avoid|make sure|ensure|be sure|remember|use (?:exactly|at least|the|a|only|no|bullet|markdown)|include|mention|wrap|highlight|separate|end (?:your|with|the)|start (?:your|with|the)|finish (?:your|with|the)|begin (?:your|with|the)|limit|keep (?:it|your|the)|(?:answer|reply|respond) (?:with|in|using|only|by)|first,? repeat|first repeat|respond only|refrain|there should|it should|in your (?:answer|response|entire))|(?:if you (?:are|don't|cannot|do not)|if unsure|at the end|no other)|(?:votre|ta|la) (?:reponse|texte|lettre|redaction|copie)|votre texte|(?:assurez|assure)[- ](?:vous|toi)|veillez|veille a|n'utilise[zs]?|ne (?:pas|depasse|mets|mettez|reponds|repondez|fais|faites|dites|dis)|evite[zr]?|inclu(?:s|ez|re)|(?:repond(?:s|ez)) (?:en|par|uniquement|seulement|avec|exclusivement)|encadre[zs]?|limite[zs]?|termine[zs]?|commence[zs]? |cloture[zs]?|ajoute[zs]? (?:un titre|un post|une phrase)|repete[zs]? d'abord|mettez en (?:evidence|surbrillance)|mets en (?:evidence|gras)|separe[zs]? |le (?:mot|terme|caractere|texte|post)|les (?:mots|termes|paragraphes)|si tu n(?:e|'es)|(?:deine|ihre|die) antwort|verwende (?:keine|genau|mindestens)|stelle? sicher|achte|vermeide|antworte (?:mit|nur|auf|in)|beginne|beende|schliesse|tu respuesta|la respuesta|no (?:uses|incluyas|utilices|olvides)|asegurate|evita|responde (?:con|solo|en|unicamente)|termina (?:con|tu)|empieza|si no (?:sabes|estas))\b/;
/** Sentences that say who the model is, not what it shall do. */
const PERSONA =
	/^[\s#*>\-]*(?:you(?:'re| are) (?:a|an|the|now|my)\b|tu es|vous etes|du bist|sie sind (?:ein|der|die)|eres (?:un|una|el|la)\b|as an? |en tant que|role\b|rolle\b|rol\b)/;
/** What a form leaves for the model to fill in. */
const ANSWER_LABEL =
	/^\s*(?:(?:the )?(?:correct |final )?answer|(?:la )?reponse|antwort|(?:la )?respuesta)\s*:?\s*$/;
const CODE_LIKE =
	/[{};]\s*$|^\s*(?:def |class |import |from \w+ import|function |const |let |var |public |#include|select .+ from |return |for ?\(|if ?\(|<\/?\w+|\$ |>>> |\/\/|\/\*|\* |@)/;

/** Splits a normalised prompt into units and tells the instruction from the pasted payload. */
export function segmentPrompt(lexicon: Lexicon, prompt: NormalizedPrompt): SegmentedPrompt {
	const pieces: Array<{ text: string; fromTail: boolean; quoted: boolean }> = [];
	splitUnits(prompt.head, false, pieces);
	if (prompt.tail !== '') splitUnits(prompt.tail, true, pieces);
	if (pieces.length > MAX_UNITS) pieces.splice(MAX_UNITS * 0.6, pieces.length - MAX_UNITS);
	const votes: [number, number, number, number] = [0, 0, 0, 0];
	const units: Unit[] = [];
	const constraints: Unit[] = [];
	for (const piece of pieces) {
		const words = toWords(piece.text);
		if (words === '') continue;
		const unit = readUnit(lexicon, piece, words);
		const isConstraint = units.length > 0 && !unit.quoted && CONSTRAINT.test(unit.text);
		(isConstraint ? constraints : units).push(unit);
	}
	scoreUnits(lexicon, units);
	const isChoice = scoreOptions(lexicon, units);
	const chosen = chooseInstruction(units);
	for (const unit of chosen) unit.votes.forEach((v, i) => (votes[i]! += v));
	// Code or a label alone speaks no language: then what is pasted tells.
	if (Math.max(...votes) === 0) {
		for (const unit of units) unit.votes.forEach((v, i) => (votes[i]! += v));
	}
	return {
		instruction: units.filter((u) => chosen.has(u)),
		payload: units.filter((u) => !chosen.has(u)),
		constraints,
		isChoice,
		languageVotes: votes,
	};
}

function splitUnits(
	text: string,
	fromTail: boolean,
	out: Array<{ text: string; fromTail: boolean; quoted: boolean }>,
): void {
	const boundary = /\n+|[.?!](?=["')]?\s)["')]?|[:;](?=\s)|["`]/g;
	let start = 0;
	const push = (end: number, quoted: boolean): void => {
		if (end > start && /[a-z0-9]/.test(text.slice(start, end))) {
			out.push({ text: text.slice(start, end), fromTail, quoted });
		}
		start = end;
	};
	for (let found = boundary.exec(text); found; found = boundary.exec(text)) {
		const sign = found[0];
		if (sign === '"' || sign === '`') {
			const close = text.indexOf(sign, found.index + 1);
			if (close < 0 || close - found.index < QUOTE_MIN_CHARS) {
				if (close > 0) boundary.lastIndex = close + 1;
				continue;
			}
			push(found.index, false);
			start = found.index + 1;
			push(close, true);
			start = close + 1;
			boundary.lastIndex = start;
			continue;
		}
		push(found.index + sign.length, false);
	}
	push(text.length, false);
}

/** Folded text reduced to words of letters, digits and `+`, separated by one space. */
export function toWords(text: string): string {
	return text.replace(/[^a-z0-9+\u00df-\uffff]+/g, ' ').trim();
}

function readUnit(
	lexicon: Lexicon,
	piece: { text: string; fromTail: boolean; quoted: boolean },
	words: string,
): Unit {
	const { firstFunctionConcept, firstDifficultyConcept, yesNoConcept } = lexicon;
	const all = findConcepts(lexicon, words);
	const votes: Unit['votes'] = [0, 0, 0, 0];
	for (const { concept } of all) {
		if (concept >= firstFunctionConcept) votes[concept - firstFunctionConcept]!++;
	}
	const best = Math.max(...votes);
	let languages = 0;
	if (best > 0) votes.forEach((v, i) => (languages |= v >= best * 0.75 ? 1 << i : 0));
	const mask = languages === 0 ? 15 : languages;
	const hits: LexiconHit[] = [];
	const marks: Unit['marks'] = [0, 0, 0];
	let asksYesNo = false;
	for (const hit of all) {
		const { concept, word } = hit;
		if (concept >= firstFunctionConcept || (hit.languages & mask) === 0) continue;
		if (concept >= firstDifficultyConcept) marks[concept - firstDifficultyConcept]!++;
		else if (word === 0 || concept !== yesNoConcept) hits.push(hit);
		if (word === 0 && concept === yesNoConcept) asksYesNo = true;
	}
	let wordCount = 1;
	for (let i = words.indexOf(' '); i >= 0; i = words.indexOf(' ', i + 1)) wordCount++;
	return { ...piece, words, wordCount, hits, marks, votes, languages, score: 0, asksYesNo };
}

function scoreUnits(lexicon: Lexicon, units: Unit[]): void {
	let afterColon = false;
	let labelBonus = 0;
	units.forEach((unit, i) => {
		let score = labelBonus;
		for (const hit of unit.hits) {
			const name = lexicon.concepts[hit.concept]!;
			const kind = name.slice(0, 2);
			if (kind === 'v_') score += hit.word === 0 ? 3 : hit.word <= 2 ? 1.5 : 0.4;
			else if (kind === 'q_') score += hit.word === 0 ? 1.6 : 0.3;
			else if (kind === 'd_' || kind === 'r_') score += 1;
			else if (kind === 's_') score += 0.5;
			else score += 0.2;
		}
		score /= 1 + Math.max(0, unit.wordCount - 14) / 14;
		const trimmed = unit.text.trimEnd();
		const endsInColon = trimmed.endsWith(':');
		const isLabel = endsInColon && unit.wordCount <= 3;
		const isTaskLabel = ROLE_LABEL.test(unit.text);
		const isContextLabel = CONTEXT_LABEL.test(unit.text);
		if (trimmed.endsWith('?')) score += 2;
		if (endsInColon) score += 1;
		if (isTaskLabel) score += 1.5;
		if (isContextLabel) score -= 1.5;
		if (PERSONA.test(unit.text)) score -= 1;
		if (CODE_LIKE.test(unit.text)) score -= 2.5;
		if (unit.quoted) score -= 4;
		if (afterColon) score -= 0.8;
		if (i === 0) score += 1.2;
		else if (i === units.length - 1) score += 0.6;
		else if (i > 3 && i < units.length - 3) score -= 0.6;
		afterColon = endsInColon && !isTaskLabel;
		labelBonus = !isLabel ? 0 : isTaskLabel ? 3 : isContextLabel ? -1.5 : 0;
		unit.score = isLabel && i < units.length - 1 && (isTaskLabel || isContextLabel) ? 0.5 : score;
	});
}

/** Lets the question be the instruction, not the answers under it; false where there are none. */
function scoreOptions(lexicon: Lexicon, units: Unit[]): boolean {
	const options = findOptions(units);
	if (!options) return false;
	const listed = units.slice(options.from, options.to + 1);
	// "(a) Find …, (b) prove …": parts of a task, not answers.
	const tasks = listed.filter(({ text, hits }) => {
		const first = LISTED.test(text) ? 1 : 0;
		return hits.some(
			({ word, concept }) => word === first && lexicon.concepts[concept]!.startsWith('v_'),
		);
	});
	if (tasks.length > 1 && tasks.length * 3 > listed.length) return false;
	units[options.stem]!.score += STEM_BONUS;
	for (const unit of listed) unit.score -= OPTION_MALUS;
	const last = units[units.length - 1]!;
	if (ANSWER_LABEL.test(last.text)) last.score = 0;
	return true;
}

function chooseInstruction(units: Unit[]): Set<Unit> {
	const chosen = new Set<Unit>();
	const ranked = [...units].sort((a, b) => b.score - a.score);
	let words = 0;
	for (const unit of ranked) {
		if (chosen.size > 0 && (unit.score < INSTRUCTION_SCORE || words > MAX_INSTRUCTION_WORDS)) break;
		chosen.add(unit);
		words += unit.wordCount;
	}
	return chosen;
}
