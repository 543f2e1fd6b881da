import { areListed, type LanguageLexicon, type Lexicon } from './lexicon';
import type { Token } from './tokens';
import { isTypo } from './typo';

/** How two aligned tokens stand to each other; `none` means they are different words. */
export type Relation = 'same' | 'typo' | 'form' | 'synonym' | 'none';

const ENDINGS: Record<string, ReadonlySet<string>> = {
	en: new Set(['', 's', 'es', 'ed', 'd', 'ing', 'e']),
	fr: new Set(
		',s,e,es,x,er,ee,ees,ent,ait,aient,ant,a,erent,ez,ons,r,aux,al,t,ons,ions,iez,it,is,ir,i,ie,ies'.split(
			',',
		),
	),
	de: new Set(['', 'e', 'en', 'er', 'es', 'em', 's', 'n', 't', 'te', 'ten', 'st']),
	es: new Set(
		',s,es,a,o,as,os,e,en,an,n,ar,er,ir,ado,ada,ido,ida,ados,adas,ando,iendo,aba,aron,ieron'.split(
			',',
		),
	),
};

/** Two forms of one word: plural, gender or tense, told by their endings. */
function isOtherForm(a: string, b: string, language: string): boolean {
	let head = 0;
	while (head < a.length && head < b.length && a[head] === b[head]) head++;
	if (head < 3 || head < Math.max(a.length, b.length) / 2) return false;
	if (language === 'en' && /y$/.test(a) !== /y$/.test(b))
		return /^(?:ies|ied)$/.test(a.slice(head)) || /^(?:ies|ied)$/.test(b.slice(head));
	const endings = ENDINGS[language]!;
	for (let cut = head; cut >= Math.max(3, head - 2); cut--)
		if (endings.has(a.slice(cut)) && endings.has(b.slice(cut))) return true;
	return false;
}

/** Compares two tokens, cheapest question first. */
export function relate(a: Token, b: Token, words: LanguageLexicon, lexicon: Lexicon): Relation {
	if (a.kind !== b.kind) return 'none';
	if (a.word === b.word) return 'same';
	if (a.kind !== 'word') return 'none';
	const spelling = words.spelling;
	if ((spelling.get(a.word) ?? a.word) === (spelling.get(b.word) ?? b.word)) return 'same';
	const unitA = words.units.get(a.word);
	const unitB = words.units.get(b.word);
	if (unitA !== undefined && unitA === unitB) return 'same';
	const dateA = words.dates.get(a.word);
	const dateB = words.dates.get(b.word);
	if (dateA !== undefined && dateA === dateB) return 'same';
	if (areListed(lexicon.antonyms, a.word, b.word)) return 'none';
	if (areListed(words.synonyms, a.word, b.word)) return 'synonym';
	if ((unitA && unitB) || (dateA && dateB)) return 'none';
	if (words.classes.has(a.word) && words.classes.has(b.word)) return 'none';
	if (isSameName(a, b, lexicon)) return 'synonym';
	if (areListed(words.forms, a.word, b.word)) return 'form';
	if (isTypo(a.word, b.word, (word) => lexicon.known(word) || words.classes.has(word)))
		return 'typo';
	if (words.classes.has(a.word) || words.classes.has(b.word)) return 'none';
	const named = (token: Token): boolean => token.capital && !token.first && words.language !== 'de';
	if (named(a) !== named(b) && lexicon.names.has(a.word) !== lexicon.names.has(b.word))
		return 'none';
	return isOtherForm(a.word, b.word, words.language) ? 'form' : 'none';
}

function isSameName(a: Token, b: Token, lexicon: Lexicon): boolean {
	const nameA = lexicon.names.get(a.word);
	const nameB = lexicon.names.get(b.word);
	return nameA?.kind === 'country' && nameB?.kind === 'country' && nameA.form === nameB.form;
}
