import type { AlignedPair } from '../semantic/align';
import type { PreparedPrompt } from '../semantic/prepare';
import { describeChange, type Guard, type GuardContext } from './guard';
import { changesVoice, isHarmlessSwap } from './rearrangement';

/** A run of words that moved as a whole, beginning with a preposition or standing at an end. */
function movedAsPhrase(pair: GuardContext, run: readonly AlignedPair[]): boolean {
	const { a, b, words } = pair;
	const first = run[0]!;
	const last = run.at(-1)!;
	const together = (from: number, to: number): boolean => to - from <= run.length + 2;
	if (!together(first.i, last.i) || !together(first.j, last.j)) return false;
	const led = (prompt: PreparedPrompt, at: number): string | null => {
		for (let k = at - 1; k >= Math.max(0, at - 2); k--) {
			const kind = words.classes.get(prompt.tokens[k]!.word);
			if (kind === 'preposition') return prompt.tokens[k]!.word;
			if (kind !== 'article') break;
		}
		return null;
	};
	const edges =
		Number(first.i <= 2 || last.i >= a.tokens.length - 1) +
		Number(first.j <= 2 || last.j >= b.tokens.length - 1);
	const sameLead = led(a, first.i) === led(b, first.j);
	return edges > 0 && sameLead && (led(a, first.i) !== null || run.length > 1);
}

/** Meaningful words must keep their order, but for lists and for phrases that move as a whole. */
export const orderGuard: Guard = (pair) => {
	const { a, b, words, alignment } = pair;
	const verb = alignment.pairs.some(({ relation, moved }) => relation === 'form' && !moved);
	if (verb && changesVoice(pair)) return null;
	const content = alignment.pairs.filter(({ i }) => !words.classes.has(a.tokens[i]!.word));
	const runs: AlignedPair[][] = [];
	for (const match of content) {
		const run = runs.at(-1);
		const rise = run ? match.j - run.at(-1)!.j : 0;
		if (run && rise > 0 && rise <= 4) run.push(match);
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
			if (movedAsPhrase(pair, first) || movedAsPhrase(pair, second)) continue;
			const was = [a.tokens[before.i]!, a.tokens[after.i]!];
			return `order: ${describeChange(was, [b.tokens[after.j]!, b.tokens[before.j]!])}`;
		}
	return null;
};
