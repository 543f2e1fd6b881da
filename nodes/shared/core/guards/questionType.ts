import type { LanguageLexicon } from '../semantic/lexicon';
import type { PreparedPrompt } from '../semantic/prepare';
import type { Guard } from './guard';

const HOW_MANY = new Set([
	'many',
	'much',
	'long',
	'old',
	'far',
	'tall',
	'big',
	'often',
	'deep',
	'high',
	'fast',
	'viele',
	'viel',
	'lange',
	'alt',
	'oft',
	'weit',
	'hoch',
	'gross',
	'schnell',
]);

/** The kinds of question words in a prompt: person, time, place, reason, manner, quantity, thing. */
function questionKinds(prompt: PreparedPrompt, words: LanguageLexicon): Set<string> {
	const kinds = new Set<string>();
	prompt.tokens.forEach((token, at) => {
		const kind = words.questions.get(token.word);
		if (kind === undefined || kind === 'thing') return;
		if (token.word === 'ou' && token.accented !== 'où') return;
		const next = prompt.tokens[at + 1]?.word ?? '';
		kinds.add(kind === 'manner' && HOW_MANY.has(next) ? `how ${next}` : kind);
	});
	return kinds;
}

/** Who, when, where, why and how many ask for different answers. */
export const questionTypeGuard: Guard = ({ a, b, words, alignment }) => {
	const left = [...alignment.onlyA, ...alignment.changed.map((c) => c.i)].map((i) => a.tokens[i]!);
	const right = [...alignment.onlyB, ...alignment.changed.map((c) => c.j)].map((j) => b.tokens[j]!);
	if (![...left, ...right].some((token) => words.questions.has(token.word))) return null;
	const kindsA = questionKinds(a, words);
	const kindsB = questionKinds(b, words);
	const gone = [...kindsA].filter((kind) => !kindsB.has(kind));
	const come = [...kindsB].filter((kind) => !kindsA.has(kind));
	if (gone.length === 0 || come.length === 0) return null;
	return `question: asks for ${come[0]} instead of ${gone[0]}`;
};
