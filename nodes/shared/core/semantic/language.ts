import { SEMANTIC_LANGUAGES, type Lexicon, type SemanticLanguage } from './lexicon';
import type { Token } from './tokens';

/** How many words of a prompt are function words of each language. */
export type LanguageScores = Record<SemanticLanguage, number>;

/** Counts function words by language; a word of several languages counts for each in part. */
export function scoreLanguages(tokens: readonly Token[], lexicon: Lexicon): LanguageScores {
	const scores: LanguageScores = { en: 0, fr: 0, de: 0, es: 0 };
	for (const token of tokens) {
		if (token.kind !== 'word') continue;
		const hits = SEMANTIC_LANGUAGES.filter((language) => {
			const words = lexicon.languages[language];
			return words.classes.has(token.word) || words.questions.has(token.word);
		});
		for (const language of hits) scores[language] += 1 / hits.length;
	}
	return scores;
}

/** The likeliest language of one or several prompts together; English when nothing speaks. */
export function likeliestLanguage(...all: LanguageScores[]): SemanticLanguage {
	let best: SemanticLanguage = 'en';
	let bestScore = 0;
	for (const language of SEMANTIC_LANGUAGES) {
		const score = all.reduce((sum, scores) => sum + scores[language], 0);
		if (score > bestScore + 1e-9) {
			best = language;
			bestScore = score;
		}
	}
	return best;
}

/** A language that leads clearly (by two words and by a factor of two), or null. */
export function clearLanguage(scores: LanguageScores): SemanticLanguage | null {
	const order = [...SEMANTIC_LANGUAGES].sort((a, b) => scores[b] - scores[a]);
	const first = scores[order[0]!];
	const second = scores[order[1]!];
	return first >= 2 && first >= second * 2 ? order[0]! : null;
}
