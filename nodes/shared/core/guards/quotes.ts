import type { PreparedPrompt } from '../semantic/prepare';
import { describeChange, looseTokens, type Guard } from './guard';

interface Span {
	from: number;
	to: number;
}

function quotedSpans({ text }: PreparedPrompt): Span[] {
	const spans: Span[] = [];
	for (const match of text.matchAll(/"([^"\n]{1,160})"|`([^`\n]{1,160})`/g))
		spans.push({ from: match.index, to: match.index + match[0].length });
	return spans;
}

/** What stands in quotation marks is taken literally: no word in it may differ or move. */
export const quotesGuard: Guard = (pair) => {
	const { a, b } = pair;
	if (!/["`]/.test(a.text) || !/["`]/.test(b.text)) return null;
	const spansA = quotedSpans(a);
	const spansB = quotedSpans(b);
	const { gone, come } = looseTokens(pair);
	const within = (spans: Span[], start: number): boolean =>
		spans.some(({ from, to }) => start >= from && start < to);
	const goneQuoted = gone.filter((token) => within(spansA, token.start));
	const comeQuoted = come.filter((token) => within(spansB, token.start));
	if (goneQuoted.length === 0 && comeQuoted.length === 0) return null;
	return `quoted text: ${describeChange(goneQuoted, comeQuoted)}`;
};
