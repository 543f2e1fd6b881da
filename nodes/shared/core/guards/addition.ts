import type { Token } from '../semantic/tokens';
import { describeChange, differences, type Guard } from './guard';

/** At most this many added or removed words are looked at; beyond, the texts simply differ much. */
const MOST_WORDS = 2;

/**
 * A prompt that only gains or loses a meaningful word asks for something else ("an entrepreneur",
 * "an official entrepreneur"), unless the word is a filler such as "really".
 */
export const additionGuard: Guard = (pair) => {
	const { words, alignment } = pair;
	const { removed, added, changed } = differences(pair);
	const isContent = (token: Token): boolean => !words.classes.has(token.word);
	const gone = removed.filter(isContent);
	const come = added.filter(isContent);
	if (gone.length + come.length === 0 || (gone.length > 0 && come.length > 0)) return null;
	if (gone.length + come.length > MOST_WORDS) return null;
	const others = removed.length + added.length - gone.length - come.length;
	const moved = alignment.pairs.filter((aligned) => aligned.moved).length;
	if (others > 2 || changed.length > 2 || moved > 0) return null;
	return `word: ${describeChange(gone, come)}`;
};
