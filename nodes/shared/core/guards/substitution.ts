import { describeChange, differences, type Guard } from './guard';

/**
 * Prompts that are equal but for one or two replaced words are the commonest wrong hit (`song`,
 * `haiku`); only listed synonyms, other forms of the word and typing slips are accepted there.
 */
export const substitutionGuard: Guard = (pair) => {
	const { words, alignment } = pair;
	const { changed, removed, added } = differences(pair);
	const content = changed.filter(
		({ from, to }) => !words.classes.has(from.word) && !words.classes.has(to.word),
	);
	if (content.length === 0 || content.length > 2) return null;
	const loose = [...removed, ...added].filter((token) => !words.classes.has(token.word)).length;
	const moved = alignment.pairs.filter((aligned) => aligned.moved).length;
	if (loose > content.length * 2 || moved > 2) return null;
	return `word: ${describeChange([content[0]!.from], [content[0]!.to])}`;
};
