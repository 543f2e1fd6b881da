import { clearLanguage, likeliestLanguage, scoreLanguages, type LanguageScores } from './language';
import type { LanguageLexicon, Lexicon, SemanticLanguage } from './lexicon';
import { stripCourtesy } from './politeness';
import { tokenise, type Token } from './tokens';

/** A prompt read as one language and cleaned of courtesy. */
export interface PreparedPrompt {
	text: string;
	/** All tokens, with greetings and thanks. */
	all: Token[];
	/** Tokens that count. */
	tokens: Token[];
	looseClosing: string;
	scores: LanguageScores;
	/** The language it is clearly in, or null. */
	clear: SemanticLanguage | null;
	/** No capital letter, only capitals, or both. */
	letterCase: 'lower' | 'upper' | 'mixed';
	/** No accented letter anywhere. */
	plainLetters: boolean;
}

function letterCase(text: string): PreparedPrompt['letterCase'] {
	if (!/\p{Lu}/u.test(text)) return 'lower';
	return /\p{Ll}/u.test(text) ? 'mixed' : 'upper';
}

function withNumberWords(tokens: Token[], words: LanguageLexicon): Token[] {
	return tokens.map((token) => {
		const value = token.kind === 'word' ? words.numbers.get(token.word) : undefined;
		return value === undefined ? token : { ...token, kind: 'number', word: String(value) };
	});
}

/** Reads both prompts of a pair in the language that fits them together best. */
export function preparePair(
	a: string,
	b: string,
	lexicon: Lexicon,
): { a: PreparedPrompt; b: PreparedPrompt; words: LanguageLexicon } {
	const scoresOf = (text: string): LanguageScores =>
		scoreLanguages(tokenise(text.slice(0, 4000)).tokens, lexicon);
	const scoresA = scoresOf(a);
	const scoresB = scoresOf(b);
	const words = lexicon.languages[likeliestLanguage(scoresA, scoresB)];
	return {
		a: preparePrompt(a, scoresA, words, lexicon),
		b: preparePrompt(b, scoresB, words, lexicon),
		words,
	};
}

function preparePrompt(
	prompt: string,
	scores: LanguageScores,
	words: LanguageLexicon,
	lexicon: Lexicon,
): PreparedPrompt {
	const { text, tokens } = tokenise(prompt, (word) => words.contractions.get(word));
	const courtesy = stripCourtesy(text, tokens, lexicon.courtesy, lexicon.known);
	return {
		text,
		all: tokens,
		tokens: withNumberWords(courtesy.body, words),
		looseClosing: courtesy.looseClosing,
		scores,
		clear: clearLanguage(scores),
		letterCase: letterCase(text),
		plainLetters: !/[\u00c0-\u024f]/.test(text),
	};
}
