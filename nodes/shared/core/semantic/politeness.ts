import type { Token } from './tokens';
import { isTypo } from './typo';

/** What a prompt says once greetings and thanks are taken away. */
export interface Courtesy {
	body: Token[];
	/** A closing word that no punctuation sets apart: it could belong to the request. */
	looseClosing: string;
}

/** Opening and closing phrases, longest first; those of every language together. */
export interface CourtesyWords {
	opening: string[][];
	closing: string[][];
}

const GREETINGS = new Set(
	'hi hello hey yo so ok okay well sorry question questions thanks greetings bonjour bonsoir salut coucou alors bon pardon merci hallo moin servus also frage danke hola buenas pregunta gracias perdon oye disculpa disculpe ayuda assistant chatgpt desole desolee entschuldigung'.split(
		' ',
	),
);
const NEEDS_PUNCTUATION = new Set(['best', 'right', 'ok', 'okay', 'sir', 'bye', 'ty', 'gruss']);
const QUOTING =
	/(?:^|\s)(?:say|says|saying|mean|means|word|words|phrase|translate|write|spell|dire|dis|dit|mot|mots|traduis|traduire|traduisez|ecris|ecrire|signifie|sagt|sagen|wort|ubersetze|heisst|decir|dice|palabra|traduce|traducir|significa)$/;

type Known = (word: string) => boolean;

function matchesAt(
	tokens: readonly Token[],
	at: number,
	phrase: readonly string[],
	known: Known,
): boolean {
	if (at < 0 || at + phrase.length > tokens.length) return false;
	return phrase.every((word, i) => {
		const written = tokens[at + i]!.word;
		return written === word || (word.length > 4 && isTypo(written, word, known));
	});
}

const gap = (text: string, from: number, to: number): string => text.slice(from, to);

function stripOpening(text: string, tokens: Token[], words: CourtesyWords, known: Known): Token[] {
	let rest = tokens;
	for (let round = 0; round < 4; round++) {
		const phrase = words.opening.find((candidate) => {
			if (!matchesAt(rest, 0, candidate, known) || rest.length - candidate.length < 2) return false;
			const last = rest[candidate.length - 1]!;
			const next = rest[candidate.length]!;
			const between = gap(text, last.end, next.start);
			if (/["`({[\n]/.test(between) && !/^[\s,.!?:\n-]*["'`¿¡]?$/.test(between)) return false;
			if (/[,.!?:;\n]/.test(between) || between.includes('- ')) return true;
			return candidate.length > 1 || !GREETINGS.has(candidate[0]!) || !next.capital;
		});
		if (!phrase) break;
		rest = rest.slice(phrase.length);
	}
	return rest;
}

function stripClosing(text: string, tokens: Token[], words: CourtesyWords, known: Known): Courtesy {
	let rest = tokens;
	let looseClosing = '';
	for (let round = 0; round < 3; round++) {
		const phrase = words.closing.find((candidate) => {
			const at = rest.length - candidate.length;
			if (at < 2 || !matchesAt(rest, at, candidate, known)) return false;
			const before = gap(text, rest[at - 1]!.end, rest[at]!.start);
			const after = text.slice(rest.at(-1)!.end);
			if (/["'`:]\s*$/.test(before) || /["`)\]}]/.test(after.slice(0, 2))) return false;
			if (/[.,!?;¡\n]/.test(before)) return true;
			const head = rest
				.slice(Math.max(0, at - 1), at)
				.map((token) => token.word)
				.join(' ');
			return !NEEDS_PUNCTUATION.has(candidate[0]!) && !QUOTING.test(head);
		});
		if (!phrase) break;
		const at = rest.length - phrase.length;
		const before = gap(text, rest[at - 1]!.end, rest[at]!.start);
		if (!/[.,!?;¡]/.test(before)) looseClosing = phrase.join(' ');
		rest = rest.slice(0, at);
	}
	return { body: rest, looseClosing };
}

/** Takes greetings, "could you tell me" and thanks off both ends, never leaving fewer than two words. */
export function stripCourtesy(
	text: string,
	tokens: readonly Token[],
	words: CourtesyWords,
	known: Known,
): Courtesy {
	return stripClosing(text, stripOpening(text, [...tokens], words, known), words, known);
}
