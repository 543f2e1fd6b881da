import type { Token } from '../semantic/tokens';
import { describeChange, differences, reportKind, type Guard, type GuardContext } from './guard';

const NAME_KINDS = new Set(['country', 'place', 'person', 'company', 'animal']);

/** Whether a token names something: listed, or capitalised where a plain word would not be. */
export function isName(token: Token, pair: GuardContext, side: 'a' | 'b'): boolean {
	if (token.kind !== 'word') return false;
	const function_ = pair.words.classes.has(token.word);
	const mixed = pair[side].letterCase === 'mixed';
	if (mixed && token.upper && !token.first) return true;
	if (mixed && token.capital && !token.first && !function_ && pair.words.language !== 'de')
		return true;
	const kind = pair.lexicon.names.get(token.word)?.kind;
	if (kind === undefined || !NAME_KINDS.has(kind)) return false;
	return !pair.lexicon.ambiguousCapitals.has(token.word) || (token.capital && mixed);
}

/** `US` and `us`, `Polish` and `polish`: one spelling, two words, told by their capitals. */
function ambiguousCase(pair: GuardContext): string | null {
	const { a, b, alignment, lexicon } = pair;
	if (a.letterCase === 'upper' || b.letterCase === 'upper') return null;
	let otherCaseChanges = 0;
	let found: string | null = null;
	for (const { i, j, relation } of alignment.pairs) {
		const x = a.tokens[i]!;
		const y = b.tokens[j]!;
		if (relation !== 'same' || x.text === y.text) continue;
		if (x.capital === y.capital && x.upper === y.upper) continue;
		if (lexicon.ambiguousCapitals.has(x.word) && (!(x.first || y.first) || x.upper || y.upper))
			found ??= `name: ${describeChange([x], [y])}`;
		else if (!x.first && !y.first) otherCaseChanges++;
	}
	const uniform = a.letterCase === 'lower' || b.letterCase === 'lower';
	return found && !(uniform && otherCaseChanges > 0) ? found : null;
}

/** Names of people, places, firms and animals must be the same on both sides. */
export const entitiesGuard: Guard = (pair) => {
	const diff = differences(pair);
	const report = reportKind(
		'name',
		{
			changed: diff.changed.filter(
				({ from, to }) => isName(from, pair, 'a') || isName(to, pair, 'b'),
			),
			removed: diff.removed.filter((token) => isName(token, pair, 'a')),
			added: diff.added.filter((token) => isName(token, pair, 'b')),
		},
		() => true,
	);
	return report ?? ambiguousCase(pair);
};
