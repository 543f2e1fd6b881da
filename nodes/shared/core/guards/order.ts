import type { AlignedPair } from '../semantic/align';
import type { LanguageLexicon } from '../semantic/lexicon';
import type { PreparedPrompt } from '../semantic/prepare';
import { describeChange, type Guard, type GuardContext } from './guard';
import { changesVoice, isHarmlessSwap } from './rearrangement';

/** The preposition right before a word, but for an article. */
function lead({ tokens }: PreparedPrompt, words: LanguageLexicon, at: number): string | null {
	for (let k = at - 1; k >= Math.max(0, at - 2); k--) {
		const kind = words.classes.get(tokens[k]!.word);
		if (kind === 'preposition') return tokens[k]!.word;
		if (kind !== 'article') return null;
	}
	return null;
}

/** A run of words that moved as a whole, led by a preposition or from one end to the other. */
function movedAsPhrase(pair: GuardContext, run: readonly AlignedPair[]): boolean {
	const { a, b, words } = pair;
	const first = run[0]!;
	const last = run.at(-1)!;
	const together = (from: number, to: number): boolean => to - from <= run.length + 2;
	if (!together(first.i, last.i) || !together(first.j, last.j)) return false;
	const led = lead(a, words, first.i);
	if (led !== null) {
		const atEnd = (from: number, to: number, prompt: PreparedPrompt): boolean =>
			from <= 2 || to >= prompt.tokens.length - 1;
		const edge = atEnd(first.i, last.i, a) || atEnd(first.j, last.j, b);
		return edge && led === lead(b, words, first.j);
	}
	const forth = first.i === 0 && last.j === b.tokens.length - 1;
	const back = first.j === 0 && last.i === a.tokens.length - 1;
	return run.length > 1 && (forth || back);
}

/** "in Paris ... in Caen" against "in Caen ... in Paris": two phrases of one kind change places. */
function exchanged({ a, words }: GuardContext, first: AlignedPair, second: AlignedPair): boolean {
	const led = lead(a, words, first.i);
	return led !== null && led === lead(a, words, second.i);
}

/** Meaningful words must keep their order, but for lists and for phrases that move as a whole. */
export const orderGuard: Guard = (pair) => {
	const { a, b, words, alignment } = pair;
	const verb = alignment.pairs.some(({ relation }) => relation === 'form');
	if (verb && changesVoice(pair)) return null;
	const content = alignment.pairs.filter(({ i }) => !words.classes.has(a.tokens[i]!.word));
	const rank = new Map([...content].sort((x, y) => x.j - y.j).map((match, at) => [match, at]));
	const runs: AlignedPair[][] = [];
	for (const match of content) {
		const run = runs.at(-1);
		if (run && rank.get(match) === rank.get(run.at(-1)!)! + 1) run.push(match);
		else runs.push([match]);
	}
	for (let x = 0; x < runs.length; x++)
		for (let y = x + 1; y < runs.length; y++) {
			const first = runs[x]!;
			const second = runs[y]!;
			if (first[0]!.j < second[0]!.j) continue;
			const before = first.at(-1)!;
			const after = second[0]!;
			if (isHarmlessSwap(pair, before, after)) continue;
			const swapped = exchanged(pair, first[0]!, after);
			if (!swapped && (movedAsPhrase(pair, first) || movedAsPhrase(pair, second))) continue;
			const was = [a.tokens[before.i]!, a.tokens[after.i]!];
			return `order: ${describeChange(was, [b.tokens[after.j]!, b.tokens[before.j]!])}`;
		}
	return null;
};
