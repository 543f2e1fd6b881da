import type { PreparedPrompt } from '../semantic/prepare';
import { describeChange, type Guard } from './guard';

function quotedSpans(text: string): Array<{ from: number; to: number }> {
	const spans: Array<{ from: number; to: number }> = [];
	for (const match of text.matchAll(/"([^"\n]{1,160})"|`([^`\n]{1,160})`/g))
		spans.push({ from: match.index, to: match.index + match[0].length });
	return spans;
}

function inQuotes(prompt: PreparedPrompt, at: number): boolean {
	const token = prompt.tokens[at]!;
	return quotedSpans(prompt.text).some(({ from, to }) => token.start >= from && token.end <= to);
}

/** What stands in quotation marks is taken literally: no word in it may differ. */
export const quotesGuard: Guard = ({ a, b, alignment }) => {
	if (!/["`]/.test(a.text) && !/["`]/.test(b.text)) return null;
	const removed = [...alignment.onlyA, ...alignment.changed.map((c) => c.i)];
	const added = [...alignment.onlyB, ...alignment.changed.map((c) => c.j)];
	const gone = removed.filter((i) => inQuotes(a, i)).map((i) => a.tokens[i]!);
	const come = added.filter((j) => inQuotes(b, j)).map((j) => b.tokens[j]!);
	if (gone.length === 0 && come.length === 0) return null;
	return `quoted text: ${describeChange(gone, come)}`;
};
