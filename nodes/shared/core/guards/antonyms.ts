import { areListed } from '../semantic/lexicon';
import { describeChange, differences, type Guard } from './guard';

const PREFIXES = [
	'un',
	'in',
	'im',
	'il',
	'ir',
	'dis',
	'non',
	'de',
	'des',
	'anti',
	'mis',
	'a',
	'mal',
	'under',
	'over',
	'hyper',
	'hypo',
	'pre',
	'post',
	'sub',
	'super',
	'inter',
	'intra',
	'endo',
	'exo',
	'macro',
	'micro',
	'mono',
	'poly',
	'bi',
	're',
];
const PREFIX_PAIRS: ReadonlyArray<readonly [string, string]> = [
	['hyper', 'hypo'],
	['over', 'under'],
	['pre', 'post'],
	['in', 'ex'],
	['im', 'ex'],
	['macro', 'micro'],
	['endo', 'exo'],
	['inter', 'intra'],
	['mono', 'poly'],
	['mono', 'bi'],
	['en', 'de'],
	['en', 'dis'],
	['up', 'down'],
	['sub', 'super'],
	['maxi', 'mini'],
	['max', 'min'],
	['sous', 'sur'],
	['tachy', 'brady'],
	['anti', 'pro'],
];
const SUFFIX_PAIRS: ReadonlyArray<readonly [string, string]> = [
	['ful', 'less'],
	['er', 'ee'],
	['phile', 'phobe'],
	['itive', 'ative'],
	['ation', 'ition'],
];

/** Whether two folded words are opposites by their parts: `possible` and `impossible`. */
export function areOppositeForms(a: string, b: string): boolean {
	const [short, long] = a.length <= b.length ? [a, b] : [b, a];
	if (short.length >= 3 && PREFIXES.some((prefix) => long === prefix + short)) return true;
	for (const [x, y] of PREFIX_PAIRS)
		for (const [p, q] of [
			[x, y],
			[y, x],
		] as const)
			if (
				a.startsWith(p) &&
				b.startsWith(q) &&
				a.length > p.length + 1 &&
				a.slice(p.length) === b.slice(q.length)
			)
				return true;
	for (const [x, y] of SUFFIX_PAIRS)
		for (const [p, q] of [
			[x, y],
			[y, x],
		] as const)
			if (
				a.endsWith(p) &&
				b.endsWith(q) &&
				a.length > p.length + 2 &&
				a.slice(0, -p.length) === b.slice(0, -q.length)
			)
				return true;
	return false;
}

/** No word of one side may stand for its opposite on the other. */
export const antonymsGuard: Guard = (pair) => {
	const { removed, added } = differences(pair);
	for (const from of removed)
		for (const to of added)
			if (
				areListed(pair.lexicon.antonyms, from.word, to.word) ||
				areOppositeForms(from.word, to.word)
			)
				return `opposite: ${describeChange([from], [to])}`;
	return null;
};
