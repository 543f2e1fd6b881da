import type { LanguageLexicon } from './lexicon';
import type { Token } from './tokens';

/** A correction takes back at most this many words. */
const MOST_WORDS_TAKEN_BACK = 14;

interface Marker {
	from: number;
	to: number;
}

function markerAt(tokens: readonly Token[], at: number, words: LanguageLexicon): Marker | null {
	for (const phrase of words.corrections) {
		if (at + phrase.length >= tokens.length) continue;
		if (!phrase.every((word, k) => tokens[at + k]!.word === word)) continue;
		const next = tokens[at + phrase.length]!.word;
		if (phrase.length === 1 && phrase[0] === 'no' && !words.questions.has(next)) continue;
		return { from: at, to: at + phrase.length };
	}
	return null;
}

/**
 * Readings of a prompt that corrects itself ("who wrote, no sorry, who sang X"): what follows the
 * marker stays whole, and more or less of what stands before it is taken back. Empty without a marker.
 */
export function correctedReadings(tokens: readonly Token[], words: LanguageLexicon): Token[][] {
	for (let at = 1; at < tokens.length - 1; at++) {
		const marker = markerAt(tokens, at, words);
		if (!marker) continue;
		const kept = tokens.slice(marker.to);
		const readings: Token[][] = [];
		for (let cut = at; cut >= Math.max(0, at - MOST_WORDS_TAKEN_BACK); cut--)
			readings.push([...tokens.slice(0, cut), ...kept]);
		return readings;
	}
	return [];
}
