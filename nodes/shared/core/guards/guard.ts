import type { Alignment } from '../semantic/align';
import type { LanguageLexicon, Lexicon } from '../semantic/lexicon';
import type { PreparedPrompt } from '../semantic/prepare';
import type { Token } from '../semantic/tokens';

/** A pair of prompts as a guard sees it: `a` has a stored answer, `b` asks. */
export interface GuardContext {
	a: PreparedPrompt;
	b: PreparedPrompt;
	words: LanguageLexicon;
	lexicon: Lexicon;
	alignment: Alignment;
}

/** A guard answers why the stored answer must not be served, or null when it sees no reason. */
export type Guard = (pair: GuardContext) => string | null;

/** Tokens of each side that the other side does not have, and those replaced in place. */
export interface Differences {
	removed: Token[];
	added: Token[];
	changed: Array<{ from: Token; to: Token }>;
}

/** What is left over after alignment; replaced tokens are in all three lists. */
export function differences({ a, b, alignment }: GuardContext): Differences {
	const changed = alignment.changed.map(({ i, j }) => ({ from: a.tokens[i]!, to: b.tokens[j]! }));
	return {
		removed: [...alignment.onlyA.map((i) => a.tokens[i]!), ...changed.map((change) => change.from)],
		added: [...alignment.onlyB.map((j) => b.tokens[j]!), ...changed.map((change) => change.to)],
		changed,
	};
}

const show = (tokens: readonly Token[]): string =>
	`'${tokens
		.slice(0, 3)
		.map((token) => token.text)
		.join(' ')}'`;

/** "'2023' became '2024'", "'Paris' was added", "'only' was removed". */
export function describeChange(removed: readonly Token[], added: readonly Token[]): string {
	if (removed.length > 0 && added.length > 0) return `${show(removed)} became ${show(added)}`;
	return added.length > 0 ? `${show(added)} was added` : `${show(removed)} was removed`;
}

/** Reports differing tokens of one kind; the replaced pair is preferred for the wording. */
export function reportKind(
	label: string,
	{ removed, added, changed }: Differences,
	isKind: (token: Token) => boolean,
): string | null {
	const pair = changed.find((change) => isKind(change.from) && isKind(change.to));
	if (pair) return `${label}: ${describeChange([pair.from], [pair.to])}`;
	const gone = removed.filter(isKind);
	const come = added.filter(isKind);
	if (gone.length === 0 && come.length === 0) return null;
	return `${label}: ${describeChange(gone, come)}`;
}

/** Tokens that are not literally in place: lost, new, replaced, moved, another form or a synonym. */
export function looseTokens({ a, b, alignment }: GuardContext): { gone: Token[]; come: Token[] } {
	const inexact = alignment.pairs.filter(
		({ relation, moved }) => moved || relation === 'form' || relation === 'synonym',
	);
	const gone = [...alignment.onlyA, ...[...alignment.changed, ...inexact].map(({ i }) => i)];
	const come = [...alignment.onlyB, ...[...alignment.changed, ...inexact].map(({ j }) => j)];
	return { gone: gone.map((i) => a.tokens[i]!), come: come.map((j) => b.tokens[j]!) };
}
