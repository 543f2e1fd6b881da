import { describeChange, differences, reportKind, type Guard } from './guard';

/** Every number must be on both sides with the same value, and in the same order. */
export const numbersGuard: Guard = (pair) => {
	const changed = reportKind('number', differences(pair), (token) => token.kind === 'number');
	if (changed) return changed;
	const { a, b, alignment } = pair;
	let last: { i: number; j: number } | null = null;
	for (const { i, j } of alignment.pairs) {
		if (a.tokens[i]!.kind !== 'number') continue;
		if (last && j < last.j)
			return `numbers change places: ${describeChange([a.tokens[last.i]!, a.tokens[i]!], [b.tokens[j]!, b.tokens[last.j]!])}`;
		last = { i, j };
	}
	return null;
};
