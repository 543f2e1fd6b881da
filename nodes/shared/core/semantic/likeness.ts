import type { Alignment } from './align';
import type { LanguageLexicon } from './lexicon';
import type { PreparedPrompt } from './prepare';

/** How alike two aligned prompts are before any learnt model is asked. */
export type Likeness = 'sameWords' | 'sameContent' | 'other';

const MOST_TYPOS = 3;
const MOST_INEXACT = 3;
/** In longer texts a moved word is left to the pair model. */
const LONGEST_REORDERED = 14;

/** Function words that come with the passive: "did she keep it", "was it kept by her". */
const VOICE_WORDS = new Set([
	'by',
	'par',
	'von',
	'por',
	'did',
	'does',
	'do',
	'was',
	'were',
	'is',
	'are',
]);

/** "State of Mon", "Mon State". */
const GENITIVE_WORDS = new Set(['of', 's', 'de', 'du', 'd', 'des', 'von', 'del']);

/**
 * `sameWords`: equal once case, accents, punctuation, courtesy, contractions and typing slips are set
 * aside. `sameContent`: every meaningful word is there, perhaps in another form or as a listed synonym;
 * only articles and fillers differ, or a short question changed its order in a way no guard minds.
 */
export function likenessOf({
	a,
	b,
	words,
	alignment,
}: {
	a: PreparedPrompt;
	b: PreparedPrompt;
	words: LanguageLexicon;
	alignment: Alignment;
}): Likeness {
	const { pairs, changed, onlyA, onlyB, tooFar } = alignment;
	if (tooFar) return 'other';
	const count = (relation: string): number =>
		pairs.filter((pair) => pair.relation === relation).length;
	const moved = pairs.some((pair) => pair.moved);
	const inexact = count('form') + count('synonym');
	if (count('typo') > MOST_TYPOS || inexact > MOST_INEXACT) return 'other';
	if (changed.length + onlyA.length + onlyB.length + inexact === 0 && !moved) return 'sameWords';
	if (moved && Math.max(a.tokens.length, b.tokens.length) > LONGEST_REORDERED) return 'other';
	const leftOver = [
		...[...onlyA, ...changed.map(({ i }) => i)].map((i) => a.tokens[i]!.word),
		...[...onlyB, ...changed.map(({ j }) => j)].map((j) => b.tokens[j]!.word),
	];
	const light = (word: string): boolean => {
		const kind = words.classes.get(word);
		return kind === 'article' || kind === 'filler';
	};
	const voice = moved && leftOver.some((word) => /^(?:by|par|von|por)$/.test(word));
	const harmless = leftOver.every(
		(word) =>
			light(word) || (voice && VOICE_WORDS.has(word)) || (moved && GENITIVE_WORDS.has(word)),
	);
	return harmless ? 'sameContent' : 'other';
}
