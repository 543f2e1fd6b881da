import type { Token } from '../semantic/tokens';
import { differences, reportKind, type Guard } from './guard';

/** French `ne` and `n'` come and go beside `pas`; they carry no negation of their own. */
const SILENT = new Set(['ne', 'n', 'point', 'personne', 'non-']);

/** A negation on one side must be on the other. */
export const negationGuard: Guard = (pair) => {
	const isNegation = (token: Token): boolean =>
		token.kind === 'word' &&
		pair.words.negations.has(token.word) &&
		!(pair.words.language === 'fr' && SILENT.has(token.word));
	return reportKind('negation', differences(pair), isNegation);
};
