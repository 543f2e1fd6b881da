import type { PreparedPrompt } from '../semantic/prepare';
import { describeChange, looseTokens, type Guard } from './guard';

/** Where pasted text begins: after the first line, or after a colon that is followed by much text. */
function payloadStart(prompt: PreparedPrompt): number {
	const line = prompt.text.indexOf('\n');
	const colon = prompt.text.search(/:\s/);
	const starts = [line, colon].filter((at) => at >= 0 && prompt.text.length - at > 20);
	return starts.length === 0 ? Number.POSITIVE_INFINITY : Math.min(...starts);
}

/** Text that was pasted for a task must be the same word for word. */
export const payloadGuard: Guard = (pair) => {
	const { a, b, alignment } = pair;
	if (alignment.tooFar) return 'context: the texts differ';
	if (a.looseClosing !== '' && b.looseClosing !== '' && a.looseClosing !== b.looseClosing)
		return `context: '${a.looseClosing}' became '${b.looseClosing}'`;
	const fromA = payloadStart(a);
	const fromB = payloadStart(b);
	const loose = looseTokens(pair);
	const gone = loose.gone.filter((token) => token.start > fromA);
	const come = loose.come.filter((token) => token.start > fromB);
	if (gone.length === 0 && come.length === 0) return null;
	return `context: ${describeChange(gone, come)}`;
};
