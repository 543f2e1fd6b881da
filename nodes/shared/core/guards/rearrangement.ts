import type { AlignedPair } from '../semantic/align';
import type { LanguageLexicon } from '../semantic/lexicon';
import type { PreparedPrompt } from '../semantic/prepare';
import type { GuardContext } from './guard';

const LINK_WORDS = new Set('and or et ou und oder y e o u versus'.split(' '));
const OF_WORDS = new Set(['of', 'de', 'du', 'd', 'des', 'von', 'vom', 'del', 's']);
const AGENT_WORDS = new Set(['by', 'par', 'von', 'por']);
const MUTUAL_WORDS = new Set(
	'married engaged connected dating related similar equal identical adjacent marie mariee maries fiance fiancee lie liee semblable identique verheiratet verlobt verwandt casado casada'.split(
		' ',
	),
);

/** Whether two words stand in one list: only commas, "and", articles and other members between them. */
function inOneList(
	{ tokens, text }: PreparedPrompt,
	words: LanguageLexicon,
	first: number,
	second: number,
): boolean {
	const [from, to] = first < second ? [first, second] : [second, first];
	let links = 0;
	for (let k = from + 1; k < to; k++) {
		const { word } = tokens[k]!;
		if (LINK_WORDS.has(word)) links++;
		else if (words.classes.has(word) && words.classes.get(word) !== 'article') return false;
	}
	const between = text.slice(tokens[from]!.end, tokens[to]!.start);
	const separators = links + between.split(/[,;/]/).length - 1;
	return separators > 0 && to - from <= separators * 3 + 1;
}

/** "State of Mon" and "Mon State", "Suriname's women" and "the women of Suriname". */
function isGenitive(
	{ a, b, words }: GuardContext,
	first: AlignedPair,
	second: AlignedPair,
): boolean {
	const ofBetween = (prompt: PreparedPrompt, x: number, y: number): boolean | null => {
		const [from, to] = x < y ? [x, y] : [y, x];
		const between = prompt.text.slice(prompt.tokens[from]!.end, prompt.tokens[to]!.start);
		if (to - from > 4 || /[,;:]/.test(between)) return null;
		if (prompt.tokens[from]!.kind === 'number' || prompt.tokens[to]!.kind === 'number') return null;
		let found = false;
		for (let k = from + 1; k < to; k++) {
			const token = prompt.tokens[k]!;
			if (OF_WORDS.has(token.word) && token.word !== 's') found = true;
			else if (words.classes.has(token.word) && words.classes.get(token.word) !== 'article')
				return null;
		}
		return found;
	};
	const inA = ofBetween(a, first.i, second.i);
	const inB = ofBetween(b, first.j, second.j);
	return inA !== null && inB !== null && inA !== inB;
}

/** A is married to B as B is to A; only in short prompts, where nothing else can have moved. */
function isMutual({ a, b }: GuardContext): boolean {
	const mutual = (prompt: PreparedPrompt): boolean =>
		prompt.tokens.length <= 9 && prompt.tokens.some((token) => MUTUAL_WORDS.has(token.word));
	return mutual(a) && mutual(b);
}

/** Whether one side says by whom and the other does not: active and passive. */
export function changesVoice({ a, b, alignment }: GuardContext): boolean {
	const agentsA = alignment.onlyA.filter((i) => AGENT_WORDS.has(a.tokens[i]!.word)).length;
	const agentsB = alignment.onlyB.filter((j) => AGENT_WORDS.has(b.tokens[j]!.word)).length;
	return agentsA !== agentsB;
}

/** Whether two words may change places without changing what is asked. */
export function isHarmlessSwap(
	pair: GuardContext,
	first: AlignedPair,
	second: AlignedPair,
): boolean {
	const { a, b, words } = pair;
	if (inOneList(a, words, first.i, second.i) && inOneList(b, words, first.j, second.j)) return true;
	return isGenitive(pair, first, second) || isMutual(pair);
}
