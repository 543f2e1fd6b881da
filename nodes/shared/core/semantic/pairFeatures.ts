import type { Alignment } from './align';
import type { LanguageLexicon } from './lexicon';
import type { PreparedPrompt } from './prepare';
import type { Token } from './tokens';

/** What the pair model is given; the order is part of the trained table. */
export const FEATURE_NAMES = [
	'similarity',
	'words',
	'lengthRatio',
	'kept',
	'changedContent',
	'changedFunction',
	'looseContentA',
	'looseContentB',
	'articles',
	'prepositions',
	'auxiliaries',
	'pronouns',
	'conjunctions',
	'fillers',
	'quantifiers',
	'changedPrepositions',
	'changedAuxiliaries',
	'changedPronouns',
	'synonyms',
	'forms',
	'typos',
	'movedContent',
	'movedFunction',
	'movedCapitals',
	'blocks',
	'edgeBlocks',
	'inversions',
	'capitalInversions',
	'bigrams',
	'governors',
	'unequalCommas',
	'questionMarks',
	'firstWord',
	'lastWord',
	'numbers',
	'capitals',
	'listOrder',
] as const;

interface Side {
	tokens: readonly Token[];
	words: LanguageLexicon;
}

const isContent = ({ words }: Side, token: Token): boolean => !words.classes.has(token.word);

/** The preposition that governs a word: the last one before it, at most four words back. */
function governor({ tokens, words }: Side, at: number): string {
	for (let k = at - 1; k >= Math.max(0, at - 4); k--) {
		const kind = words.classes.get(tokens[k]!.word);
		if (kind === 'preposition') return tokens[k]!.word;
		if (kind === 'auxiliary' || kind === 'conjunction') return '';
	}
	return '';
}

interface Match {
	i: number;
	j: number;
	capital: boolean;
}

function inversionsOf(matches: readonly Match[]): number {
	let count = 0;
	for (let x = 0; x < matches.length; x++)
		for (let y = x + 1; y < matches.length; y++) if (matches[x]!.j > matches[y]!.j) count++;
	return count;
}

/** Runs of content words that keep their order but lie elsewhere; 1 means nothing moved. */
function blocksOf(matches: readonly Match[]): Match[][] {
	const rank = new Map([...matches].sort((x, y) => x.j - y.j).map((match, at) => [match, at]));
	const blocks: Match[][] = [];
	for (const match of matches) {
		const block = blocks.at(-1);
		if (block && rank.get(block.at(-1)!)! + 1 === rank.get(match)!) block.push(match);
		else blocks.push([match]);
	}
	return blocks;
}

/** How many words are lost or gained by class. */
function countClasses(a: Side, b: Side, { onlyA, onlyB }: Alignment): Map<string, number> {
	const counts = new Map<string, number>();
	const add = (side: Side, list: number[], name: string): void => {
		for (const at of list) {
			const kind = side.words.classes.get(side.tokens[at]!.word) ?? name;
			counts.set(kind, (counts.get(kind) ?? 0) + 1);
		}
	};
	add(a, onlyA, 'contentA');
	add(b, onlyB, 'contentB');
	return counts;
}

const commas = (text: string): number => text.split(/[,;]/).length;
const asks = (text: string): boolean => /\?\s*\W*$/.test(text) || text.includes('?');

/** Numbers that describe how one prompt became the other; `similarity` is the embedder's cosine. */
export function pairFeatures(
	a: PreparedPrompt,
	b: PreparedPrompt,
	alignment: Alignment,
	words: LanguageLexicon,
	similarity: number,
): number[] {
	const left: Side = { tokens: a.tokens, words };
	const right: Side = { tokens: b.tokens, words };
	const counts = countClasses(left, right, alignment);
	const count = (name: string): number => counts.get(name) ?? 0;
	const classOf = (token: Token): string => words.classes.get(token.word) ?? 'content';
	const changed = alignment.changed.map(({ i, j }) => [
		classOf(a.tokens[i]!),
		classOf(b.tokens[j]!),
	]);
	const changedBoth = (kind: string): number =>
		changed.filter(([x, y]) => x === kind && y === kind).length;
	const changedContent = changedBoth('content');
	const moved = alignment.pairs.filter((pair) => pair.moved);
	const movedContent = moved.filter(({ i }) => isContent(left, a.tokens[i]!));
	const related = (relation: string): number =>
		alignment.pairs.filter((pair) => pair.relation === relation).length;
	const matches: Match[] = alignment.pairs
		.filter(({ i }) => isContent(left, a.tokens[i]!))
		.map(({ i, j }) => ({
			i,
			j,
			capital: (a.tokens[i]!.capital && !a.tokens[i]!.first) || a.tokens[i]!.kind === 'number',
		}));
	const blocks = blocksOf(matches);
	const lastA = a.tokens.length - 1;
	const lastB = b.tokens.length - 1;
	const inOrder = new Set(matches.slice(1).map((match, k) => (match.j > matches[k]!.j ? k : -1)));
	const governed = matches.filter(({ i, j }) => governor(left, i) !== governor(right, j)).length;
	const longest = Math.max(a.tokens.length, b.tokens.length, 1);
	const capitals = matches.filter((match) => match.capital);
	const bigrams = matches
		.slice(1)
		.filter((match, k) => Math.abs(match.j - matches[k]!.j) <= 2 && match.j > matches[k]!.j).length;
	return [
		similarity,
		Math.log2(longest),
		Math.min(a.tokens.length, b.tokens.length) / longest,
		(alignment.pairs.length - moved.length) / longest,
		changedContent,
		changed.length - changedContent,
		count('contentA'),
		count('contentB'),
		count('article'),
		count('preposition'),
		count('auxiliary'),
		count('pronoun'),
		count('conjunction'),
		count('filler'),
		count('quantifier'),
		changedBoth('preposition'),
		changedBoth('auxiliary'),
		changedBoth('pronoun'),
		related('synonym'),
		related('form'),
		related('typo'),
		movedContent.length,
		moved.length - movedContent.length,
		movedContent.filter(({ i }) => a.tokens[i]!.capital).length,
		blocks.length,
		blocks.filter((block) => {
			const first = block[0]!;
			const last = block.at(-1)!;
			return first.i <= 1 || last.i >= lastA || first.j <= 1 || last.j >= lastB;
		}).length,
		inversionsOf(matches) / Math.max(1, matches.length),
		inversionsOf(capitals),
		matches.length > 1 ? bigrams / (matches.length - 1) : 1,
		governed,
		Math.abs(commas(a.text) - commas(b.text)),
		asks(a.text) === asks(b.text) ? 0 : 1,
		a.tokens[0]?.word === b.tokens[0]?.word ? 1 : 0,
		a.tokens.at(-1)?.word === b.tokens.at(-1)?.word ? 1 : 0,
		matches.filter(({ i }) => a.tokens[i]!.kind === 'number').length,
		capitals.length,
		inOrder.size / Math.max(1, matches.length),
	];
}
