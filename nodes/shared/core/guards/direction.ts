import type { LanguageLexicon } from '../semantic/lexicon';
import type { PreparedPrompt } from '../semantic/prepare';
import type { Token } from '../semantic/tokens';
import { isName } from './entities';
import type { Guard, GuardContext } from './guard';

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
const THAN = new Set(['than', 'que', 'qu', 'als']);

interface Direction {
	from: string;
	to: string;
}

function contentAfter(tokens: readonly Token[], at: number, words: LanguageLexicon): string | null {
	for (let k = at + 1; k < Math.min(tokens.length, at + 4); k++)
		if (!words.classes.has(tokens[k]!.word)) return tokens[k]!.word;
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
export const directionGuard: Guard = ({ a, b, words }) => {
	for (const read of [directions, comparisons]) {
		const other = new Set(read(b, words).map(({ from, to }) => `${from} ${to}`));
		for (const { from, to } of read(a, words))
			if (other.has(`${to} ${from}`) && !other.has(`${from} ${to}`))
				return `direction: '${from}' and '${to}' change places`;
	}
	return null;
};

const LINK = new Set([
	'and',
	'or',
	'et',
	'ou',
	'und',
	'oder',
	'y',
	'e',
	'o',
	'u',
	'between',
	'entre',
	'zwischen',
	'versus',
	'with',
	'avec',
]);
const SYMMETRIC = new Set([
	'married',
	'engaged',
	'connected',
	'dating',
	'related',
	'similar',
	'equal',
	'marie',
	'mariee',
]);

function listedTogether(pair: GuardContext, i1: number, i2: number): boolean {
	const { a, words } = pair;
	for (let k = i1 + 1; k < i2; k++) {
		const token = a.tokens[k]!;
		if (LINK.has(token.word) || SYMMETRIC.has(token.word)) continue;
		if (words.classes.get(token.word) === 'article' || isName(token, pair, 'a')) continue;
		if (
			pair.words.classes.get(token.word) === 'preposition' &&
			a.tokens.some((t) => SYMMETRIC.has(t.word))
		)
			continue;
		return false;
	}
	return true;
}

/** Two names must not change places, unless they only stand in a list or in a mutual relation. */
export const roleGuard: Guard = (pair) => {
	const { a, b, alignment } = pair;
	const names = alignment.pairs.filter(({ i, j }) => {
		const x = a.tokens[i]!;
		return isName(x, pair, 'a') || isName(b.tokens[j]!, pair, 'b');
	});
	const passive = /\b(?:by|par|von|por)\b/i.test(a.text) !== /\b(?:by|par|von|por)\b/i.test(b.text);
	for (let k = 0; k < names.length; k++)
		for (let l = k + 1; l < names.length; l++) {
			const first = names[k]!;
			const second = names[l]!;
			if (first.j < second.j || passive || listedTogether(pair, first.i, second.i)) continue;
			return `roles: '${a.tokens[first.i]!.text}' and '${a.tokens[second.i]!.text}' change places`;
		}
	return null;
};

const AGENT = new Set(['by', 'par', 'von', 'por']);

/** "Did A own B" is "Was B owned by A", and never "Was A owned by B". */
export const voiceGuard: Guard = ({ a, b, words, alignment }) => {
	const agentsA = alignment.onlyA.filter((i) => AGENT.has(a.tokens[i]!.word)).length;
	const agentsB = alignment.onlyB.filter((j) => AGENT.has(b.tokens[j]!.word)).length;
	if (agentsA === agentsB) return null;
	const verb = alignment.pairs.some(({ relation }) => relation === 'form');
	const swapped = alignment.pairs.some(
		({ i, moved }) => moved && !words.classes.has(a.tokens[i]!.word),
	);
	return verb && !swapped ? 'roles: active became passive with the same order of names' : null;
};
