import type { Token } from './tokens';
import { isTypo } from './typo';

/** What a prompt says once greetings and thanks are taken away. */
export interface Courtesy {
	body: Token[];
	/** A closing that no punctuation sets apart: it could belong to the request. */
	looseClosing: string;
}

/** Phrases (longest first) and words of courtesy, those of every language together. */
export interface CourtesyWords {
	opening: string[][];
	closing: string[][];
	/** Words of which a whole opening sentence may consist ("hi there, quick question:"). */
	openingWords: ReadonlySet<string>;
	/** Words a closing may begin with, and words it may go on with ("thanks so much for your help"). */
	closingStarts: ReadonlySet<string>;
	closingWords: ReadonlySet<string>;
}

type Known = (word: string) => boolean;

const GREETINGS = new Set(
	'hi hello hey yo so ok okay well sorry question questions thanks greetings bonjour bonsoir salut coucou alors bon pardon merci hallo moin servus also frage danke hola buenas pregunta gracias perdon oye disculpa disculpe ayuda assistant chatgpt desole desolee entschuldigung'.split(
		' ',
	),
);
const NEEDS_PUNCTUATION = new Set(['best', 'right', 'ok', 'okay', 'sir', 'bye', 'ty', 'gruss']);
const QUOTING = new Set(
	'say says saying mean means word words phrase translate write spell dire dis dit mot mots traduis traduire traduisez ecris ecrire signifie sagt sagen wort ubersetze heisst decir dice palabra traduce traducir significa'.split(
		' ',
	),
);
const LONGEST_OPENING = 12;
const LONGEST_CLOSING = 10;

function isWord(token: Token, wanted: string, known: Known): boolean {
	return token.word === wanted || (wanted.length > 4 && isTypo(token.word, wanted, known));
}

function matchesAt(
	tokens: readonly Token[],
	at: number,
	phrase: readonly string[],
	known: Known,
): boolean {
	if (at < 0 || at + phrase.length > tokens.length) return false;
	return phrase.every((word, i) => isWord(tokens[at + i]!, word, known));
}

/** How many tokens at the front are courtesy, or 0. */
function openingLength(
	text: string,
	tokens: readonly Token[],
	words: CourtesyWords,
	known: Known,
): number {
	for (let at = 0; at < Math.min(LONGEST_OPENING, tokens.length - 2); at++) {
		if (!words.openingWords.has(tokens[at]!.word)) break;
		const between = text.slice(tokens[at]!.end, tokens[at + 1]!.start);
		if (/[,.!?:;\n]|- /.test(between)) return at + 1;
	}
	const phrase = words.opening.find((candidate) => {
		if (!matchesAt(tokens, 0, candidate, known) || tokens.length - candidate.length < 2)
			return false;
		const last = tokens[candidate.length - 1]!;
		const next = tokens[candidate.length]!;
		const between = text.slice(last.end, next.start);
		if (/["`({[\n]/.test(between) && !/^[\s,.!?:\n-]*["'`¿¡]?$/.test(between)) return false;
		if (/[,.!?:;\n]|- /.test(between)) return true;
		return candidate.length > 1 || !GREETINGS.has(candidate[0]!) || !next.capital;
	});
	return phrase?.length ?? 0;
}

/** How many tokens at the end are courtesy, or 0. */
function closingLength(
	text: string,
	tokens: readonly Token[],
	words: CourtesyWords,
	known: Known,
): number {
	const fits = (at: number, punctuated: boolean): boolean => {
		if (at < 2) return false;
		const before = text.slice(tokens[at - 1]!.end, tokens[at]!.start);
		const after = text.slice(tokens.at(-1)!.end);
		if (/["`:]\s*$/.test(before) || /["`)\]}]/.test(after.slice(0, 2))) return false;
		if (/[.,!?;¡\n]/.test(before)) return true;
		return !punctuated && !QUOTING.has(tokens[at - 1]!.word);
	};
	const { closing, closingStarts, closingWords } = words;
	for (let at = tokens.length - 1; at >= Math.max(2, tokens.length - LONGEST_CLOSING); at--) {
		const begins = closingStarts.has(tokens[at]!.word) && fits(at, true);
		if (begins && !closingStarts.has(tokens[at - 1]!.word)) return tokens.length - at;
		if (!closingWords.has(tokens[at]!.word) && !closingStarts.has(tokens[at]!.word)) break;
	}
	const phrase = closing.find((candidate) => {
		const at = tokens.length - candidate.length;
		return (
			matchesAt(tokens, at, candidate, known) && fits(at, NEEDS_PUNCTUATION.has(candidate[0]!))
		);
	});
	return phrase?.length ?? 0;
}

/** Takes greetings, "could you tell me" and thanks off both ends, never leaving fewer than two words. */
export function stripCourtesy(
	text: string,
	tokens: readonly Token[],
	words: CourtesyWords,
	known: Known,
): Courtesy {
	let body = [...tokens];
	for (let round = 0; round < 4; round++) {
		const length = openingLength(text, body, words, known);
		if (length === 0) break;
		body = body.slice(length);
	}
	let looseClosing = '';
	for (let round = 0; round < 3; round++) {
		const length = closingLength(text, body, words, known);
		if (length === 0) break;
		const at = body.length - length;
		const before = text.slice(body[at - 1]!.end, body[at]!.start);
		if (!/[.,!?;¡]/.test(before))
			looseClosing = body
				.slice(at)
				.map((token) => token.word)
				.join(' ');
		body = body.slice(0, at);
	}
	return { body, looseClosing };
}
