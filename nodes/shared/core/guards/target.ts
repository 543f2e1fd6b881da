import { differences, reportKind, type Guard } from './guard';

const TARGET_KINDS = new Set(['country', 'technology', 'kind of text']);

/** The wanted language, format, programming language, genre or tone must be the same. */
export const targetGuard: Guard = (pair) => {
	const { lexicon } = pair;
	return reportKind('language, country or kind', differences(pair), (token) => {
		const kind = lexicon.names.get(token.word)?.kind;
		if (kind === undefined || !TARGET_KINDS.has(kind)) return false;
		return !lexicon.ambiguousCapitals.has(token.word) || token.capital;
	});
};
