import type { Guard } from './guard';

/** One prompt may have at most this many times the words of the other. */
const MOST_TIMES = 2.5;

/** A much longer prompt asks for more. */
export const lengthRatioGuard: Guard = ({ a, b }) => {
	const long = Math.max(a.tokens.length, b.tokens.length);
	const short = Math.min(a.tokens.length, b.tokens.length);
	if (long - short < 4 || long <= short * MOST_TIMES) return null;
	return `length: ${a.tokens.length} words against ${b.tokens.length}`;
};
