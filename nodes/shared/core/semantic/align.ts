import type { LanguageLexicon, Lexicon } from './lexicon';
import { relate, type Relation } from './relation';
import type { Token } from './tokens';

/** Two tokens that stand for each other; `i` and `j` are their places, `moved` means out of order. */
export interface AlignedPair {
	i: number;
	j: number;
	relation: Exclude<Relation, 'none'>;
	moved: boolean;
}

/** What became of every token of `a` on the way to `b`. */
export interface Alignment {
	pairs: AlignedPair[];
	/** A token of `a` in whose place `b` has another. */
	changed: Array<{ i: number; j: number }>;
	onlyA: number[];
	onlyB: number[];
	/** Too long and too different to be aligned token by token. */
	tooFar: boolean;
}

const COST: Record<Relation, number> = { same: 0, typo: 0.15, form: 0.25, synonym: 0.3, none: 9 };
const MOST_CELLS = 160_000;
/** From here on texts with less than this share of common words are not aligned. */
const MANY_CELLS = 2_500;
const LEAST_COMMON = 0.4;

interface Region {
	from: number;
	toA: number;
	toB: number;
}

function trim(a: readonly Token[], b: readonly Token[]): Region {
	const equal = (x: Token, y: Token): boolean => x.word === y.word && x.kind === y.kind;
	let from = 0;
	while (from < a.length && from < b.length && equal(a[from]!, b[from]!)) from++;
	let toA = a.length;
	let toB = b.length;
	while (toA > from && toB > from && equal(a[toA - 1]!, b[toB - 1]!)) {
		toA--;
		toB--;
	}
	return { from, toA, toB };
}

function fewInCommon(
	a: readonly Token[],
	b: readonly Token[],
	{ from, toA, toB }: Region,
): boolean {
	const left = new Map<string, number>();
	for (const { word } of a.slice(from, toA)) left.set(word, (left.get(word) ?? 0) + 1);
	let common = 0;
	for (const { word } of b.slice(from, toB)) {
		const count = left.get(word) ?? 0;
		if (count === 0) continue;
		common++;
		left.set(word, count - 1);
	}
	return common < LEAST_COMMON * Math.max(toA - from, toB - from);
}

/**
 * Aligns two token lists by least cost (Needleman and Wunsch), then looks for words that only moved.
 * Equal heads and tails are set aside first, so that near-equal prompts cost little.
 */
export function align(
	a: readonly Token[],
	b: readonly Token[],
	words: LanguageLexicon,
	lexicon: Lexicon,
): Alignment {
	const region = trim(a, b);
	const pairs: AlignedPair[] = [];
	for (let i = 0; i < region.from; i++) pairs.push({ i, j: i, relation: 'same', moved: false });
	for (let k = 0; region.toA + k < a.length; k++)
		pairs.push({ i: region.toA + k, j: region.toB + k, relation: 'same', moved: false });
	const n = region.toA - region.from;
	const m = region.toB - region.from;
	if (n * m > MOST_CELLS || (n * m > MANY_CELLS && fewInCommon(a, b, region)))
		return { pairs, changed: [], onlyA: [], onlyB: [], tooFar: true };
	const result: Alignment = { pairs, changed: [], onlyA: [], onlyB: [], tooFar: false };
	traceBack(a, b, region, words, lexicon, result);
	findMoves(a, b, words, lexicon, result);
	joinSplitWords(a, b, result);
	result.pairs.sort((x, y) => x.i - y.i);
	return result;
}

/** Numbers each distinct written word. */
function numberWords(tokens: readonly Token[]): { ids: number[]; distinct: number } {
	const known = new Map<string, number>();
	const ids = tokens.map(({ text, word }) => {
		const key = `${text} ${word}`;
		const id = known.get(key) ?? known.size;
		known.set(key, id);
		return id;
	});
	return { ids, distinct: known.size };
}

/** Relations by place, each pair of distinct words compared once. */
function relationTable(
	a: readonly Token[],
	b: readonly Token[],
	words: LanguageLexicon,
	lexicon: Lexicon,
): (i: number, j: number) => Relation {
	const left = numberWords(a);
	const right = numberWords(b);
	const table = new Array<Relation | undefined>(left.distinct * right.distinct);
	return (i, j) => {
		const at = left.ids[i]! * right.distinct + right.ids[j]!;
		return (table[at] ??= relate(a[i]!, b[j]!, words, lexicon));
	};
}

function traceBack(
	a: readonly Token[],
	b: readonly Token[],
	{ from, toA, toB }: Region,
	words: LanguageLexicon,
	lexicon: Lexicon,
	result: Alignment,
): void {
	const n = toA - from;
	const m = toB - from;
	const width = m + 1;
	const isFunction = (token: Token): boolean => words.classes.has(token.word);
	const gapCost = (token: Token): number => (isFunction(token) ? 0.5 : 0.7);
	const cost = new Float32Array((n + 1) * width);
	const step = new Uint8Array((n + 1) * width);
	const relationAt = relationTable(a.slice(from, toA), b.slice(from, toB), words, lexicon);
	for (let i = 1; i <= n; i++) cost[i * width] = cost[(i - 1) * width]! + gapCost(a[from + i - 1]!);
	for (let j = 1; j <= m; j++) cost[j] = cost[j - 1]! + gapCost(b[from + j - 1]!);
	for (let i = 1; i <= n; i++) {
		const x = a[from + i - 1]!;
		const gapA = gapCost(x);
		for (let j = 1; j <= m; j++) {
			const y = b[from + j - 1]!;
			const relation = relationAt(i - 1, j - 1);
			const mixed = isFunction(x) !== isFunction(y);
			const swap = relation !== 'none' ? COST[relation] : mixed ? 9 : isFunction(x) ? 0.9 : 1.2;
			const diagonal = cost[(i - 1) * width + j - 1]! + swap;
			const up = cost[(i - 1) * width + j]! + gapA;
			const left = cost[i * width + j - 1]! + gapCost(y);
			const best = Math.min(diagonal, up, left);
			cost[i * width + j] = best;
			step[i * width + j] = best === diagonal ? 0 : best === up ? 1 : 2;
		}
	}
	let i = n;
	let j = m;
	while (i > 0 || j > 0) {
		const move = i === 0 ? 2 : j === 0 ? 1 : step[i * width + j];
		if (move === 0) {
			i--;
			j--;
			const relation = relationAt(i, j);
			if (relation === 'none') result.changed.unshift({ i: from + i, j: from + j });
			else result.pairs.push({ i: from + i, j: from + j, relation, moved: false });
		} else if (move === 1) result.onlyA.unshift(from + --i);
		else result.onlyB.unshift(from + --j);
	}
}

function findMoves(
	a: readonly Token[],
	b: readonly Token[],
	words: LanguageLexicon,
	lexicon: Lexicon,
	result: Alignment,
): void {
	const freeA = new Set([...result.onlyA, ...result.changed.map((change) => change.i)]);
	const freeB = new Set([...result.onlyB, ...result.changed.map((change) => change.j)]);
	for (const wanted of ['same', 'form', 'synonym'] as const)
		for (const i of [...freeA].sort((x, y) => x - y))
			for (const j of [...freeB].sort((x, y) => x - y)) {
				if (relate(a[i]!, b[j]!, words, lexicon) !== wanted) continue;
				result.pairs.push({ i, j, relation: wanted, moved: true });
				freeA.delete(i);
				freeB.delete(j);
				break;
			}
	const changed = result.changed.filter(({ i, j }) => freeA.has(i) && freeB.has(j));
	for (const { i, j } of changed) {
		freeA.delete(i);
		freeB.delete(j);
	}
	result.changed = changed;
	result.onlyA = [...freeA].sort((x, y) => x - y);
	result.onlyB = [...freeB].sort((x, y) => x - y);
}

/** `e mail` against `email`: neighbours whose letters together are equal. */
function joinSplitWords(a: readonly Token[], b: readonly Token[], result: Alignment): void {
	const gone = [...result.onlyA, ...result.changed.map((change) => change.i)].sort((x, y) => x - y);
	const come = [...result.onlyB, ...result.changed.map((change) => change.j)].sort((x, y) => x - y);
	if (gone.length === 0 || come.length === 0 || gone.length + come.length > 6) return;
	const near = (list: number[]): boolean => list.at(-1)! - list[0]! === list.length - 1;
	const spell = (tokens: readonly Token[], list: number[]): string =>
		list.map((at) => tokens[at]!.word).join('');
	if (!near(gone) || !near(come) || spell(a, gone) !== spell(b, come)) return;
	if ([...gone.map((at) => a[at]!), ...come.map((at) => b[at]!)].some((t) => t.kind !== 'word'))
		return;
	const last = Math.max(gone.length, come.length);
	for (let k = 0; k < last; k++)
		result.pairs.push({
			i: gone[Math.min(k, gone.length - 1)]!,
			j: come[Math.min(k, come.length - 1)]!,
			relation: 'same',
			moved: false,
		});
	result.onlyA = [];
	result.onlyB = [];
	result.changed = [];
}
