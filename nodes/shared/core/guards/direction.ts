import type { LanguageLexicon } from '../semantic/lexicon';
import type { PreparedPrompt } from '../semantic/prepare';
import type { Token } from '../semantic/tokens';
import type { Guard } from './guard';

const FROM = new Set(['from', 'de', 'du', 'd', 'von', 'vom', 'desde', 'depuis', 'aus', 'del']);
const TO = new Set([
	'to',
	'a',
	'au',
	'aux',
	'vers',
	'en',
	'nach',
	'zu',
	'bis',
	'into',
	'al',
	'hasta',
	'jusqu',
	'ins',
]);
/** Prepositions that turn the meaning when they alone change their place. */
const ONE_WAY = new Set([
	'from',
	'to',
	'into',
	'vers',
	'nach',
	'hasta',
	'desde',
	'before',
	'after',
]);
const THAN = new Set(['than', 'que', 'qu', 'als']);

interface Direction {
	from: string;
	to: string;
}

function contentAfter(tokens: readonly Token[], at: number, words: LanguageLexicon): string | null {
	for (let k = at + 1; k < Math.min(tokens.length, at + 4); k++)
		if ((words.classes.get(tokens[k]!.word) ?? 'quantifier') === 'quantifier')
			return tokens[k]!.word;
	return null;
}

function directions(prompt: PreparedPrompt, words: LanguageLexicon): Direction[] {
	const { tokens } = prompt;
	const found: Direction[] = [];
	for (let i = 0; i < tokens.length; i++) {
		if (!FROM.has(tokens[i]!.word)) continue;
		const from = contentAfter(tokens, i, words);
		for (let j = i + 2; j < Math.min(tokens.length, i + 7); j++) {
			if (!TO.has(tokens[j]!.word)) continue;
			const to = contentAfter(tokens, j, words);
			if (from !== null && to !== null && from !== to) found.push({ from, to });
		}
	}
	return found;
}

function comparisons(prompt: PreparedPrompt, words: LanguageLexicon): Direction[] {
	const { tokens } = prompt;
	return tokens.flatMap((token, at) => {
		if (!THAN.has(token.word)) return [];
		const to = contentAfter(tokens, at, words);
		const before = tokens.slice(Math.max(0, at - 6), at).map((t) => t.word);
		return to === null ? [] : before.map((from) => ({ from, to }));
	});
}

/** `from A to B` must not become `from B to A`, nor `A than B` `B than A`. */
export const directionGuard: Guard = ({ a, b, words, alignment }) => {
	for (const read of [directions, comparisons]) {
		const other = new Set(read(b, words).map(({ from, to }) => `${from} ${to}`));
		for (const { from, to } of read(a, words))
			if (other.has(`${to} ${from}`) && !other.has(`${from} ${to}`))
				return `direction: '${from}' and '${to}' change places`;
	}
	const moved = alignment.pairs.filter((pair) => pair.moved);
	const turned = moved.find(({ i }) => ONE_WAY.has(a.tokens[i]!.word));
	const content = moved.filter(({ i }) => !words.classes.has(a.tokens[i]!.word)).length;
	return turned && content <= 1
		? `direction: '${a.tokens[turned.i]!.text}' stands elsewhere`
		: null;
};
