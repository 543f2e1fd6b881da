import { askGuards, type GuardName } from '../guards/allGuards';
import { align } from './align';
import { cosine } from './cosine';
import { embedText } from './pooling';
import { preparePair } from './prepare';
import type { SemanticTables } from './sameAnswer';

/** How two answers are compared: to the letter (white space and case aside), or by meaning. */
export type LabelBy = 'equality' | 'embedding';

const ALIKE = 0.9;
/** Long answers are worded freely; what decides in short ones is only compared there. */
const SHORT = 400;
const DECIDING: ReadonlySet<GuardName> = new Set([
	'numbers',
	'negation',
	'entities',
	'dates',
	'language',
]);

/** Would a user take the two answers for the same? */
export function sameReply(
	one: string,
	other: string,
	by: LabelBy,
	tables: Omit<SemanticTables, 'pairModel'>,
): boolean {
	const plain = (text: string) => text.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim();
	if (plain(one) === plain(other)) return true;
	if (by === 'equality') return false;
	const { lexicon, embedding } = tables;
	if (cosine(embedText(one, embedding), embedText(other, embedding)) < ALIKE) return false;
	if (Math.max(one.length, other.length) > SHORT) return true;
	const { a, b, words } = preparePair(one, other, lexicon);
	const alignment = align(a.tokens, b.tokens, words, lexicon);
	return askGuards({ a, b, words, lexicon, alignment }, DECIDING).length === 0;
}
