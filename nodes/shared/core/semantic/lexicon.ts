import { fold } from './fold';
import type { CourtesyWords } from './politeness';

/** The languages whose words are known; others are compared as plain words. */
export type SemanticLanguage = 'en' | 'fr' | 'de' | 'es';

export const SEMANTIC_LANGUAGES: readonly SemanticLanguage[] = ['en', 'fr', 'de', 'es'];

/** One language's word lists as they stand in `data/lexicon.<language>.json`. */
export interface LanguageWords {
	articles: string[];
	prepositions: string[];
	auxiliaries: string[];
	pronouns: string[];
	conjunctions: string[];
	fillers: string[];
	quantifiers: string[];
	negations: string[];
	questions: Record<string, string>;
	numbers: Record<string, number>;
	ordinals: Record<string, number>;
	months: string[][];
	weekdays: string[][];
	dates: string[];
	contractions: Record<string, string>;
	antonyms: string[][];
	synonyms: string[][];
	/** Irregular forms: keep, kept. */
	forms: string[][];
	spelling: string[][];
	units: string[][];
	currencies: string[][];
	opening: string[];
	closing: string[];
	corrections: string[];
	openingWords: string[];
	closingStarts: string[];
	closingWords: string[];
}

/** Names of places, people, firms, techniques and kinds of text (`data/lexicon.names.json`). */
export interface NameWords {
	countries: string[][];
	places: string[];
	given: string[];
	companies: string[];
	technologies: string[];
	animals: string[];
	genres: string[];
	ambiguousCapitals: string[];
}

export type FunctionClass =
	| 'article'
	| 'preposition'
	| 'auxiliary'
	| 'pronoun'
	| 'conjunction'
	| 'filler'
	| 'quantifier'
	| 'negation';

/** One language's words, ready to be asked. */
export interface LanguageLexicon {
	language: SemanticLanguage;
	classes: Map<string, FunctionClass>;
	negations: Set<string>;
	questions: Map<string, string>;
	numbers: Map<string, number>;
	dates: Map<string, string>;
	contractions: Map<string, string[]>;
	synonyms: WordPairs;
	/** Irregular forms of one word. */
	forms: WordPairs;
	spelling: Map<string, string>;
	units: Map<string, string>;
	currencies: Map<string, string>;
	corrections: string[][];
}

/** Everything the semantic decision knows about words. */
export interface Lexicon {
	languages: Record<SemanticLanguage, LanguageLexicon>;
	/** Folded word to its kind (`place`, `person`, ...) and to one form for all its spellings. */
	names: Map<string, { kind: string; form: string }>;
	ambiguousCapitals: Set<string>;
	/** Opposites of all languages together: the language of a short prompt is not always clear. */
	antonyms: WordPairs;
	/** Greetings, thanks and the like of all languages, longest first. */
	courtesy: CourtesyWords;
	/** Whether a folded word is a real word of one of the languages. */
	known: (word: string) => boolean;
}

/** Word to the words it is listed with, both ways. */
export type WordPairs = ReadonlyMap<string, ReadonlySet<string>>;

/** Whether two folded words are listed as opposites (or as synonyms) in `pairs`. */
export function areListed(pairs: WordPairs, a: string, b: string): boolean {
	return pairs.get(a)?.has(b) ?? false;
}

function groupForms(groups: string[][]): Map<string, string> {
	const forms = new Map<string, string>();
	for (const group of groups) for (const word of group) forms.set(fold(word), fold(group[0]!));
	return forms;
}

function allPairs(groups: string[][]): WordPairs {
	const pairs = new Map<string, Set<string>>();
	for (const group of groups.map((words) => words.map(fold)))
		for (const a of group) {
			const others = pairs.get(a) ?? new Set<string>();
			for (const b of group) if (a !== b) others.add(b);
			pairs.set(a, others);
		}
	return pairs;
}

const phrases = (list: string[]): string[][] =>
	list.map((phrase) => fold(phrase).split(' ')).sort((a, b) => b.length - a.length);

function compileLanguage(language: SemanticLanguage, words: LanguageWords): LanguageLexicon {
	const classes = new Map<string, FunctionClass>();
	const put = (list: string[], kind: FunctionClass): void => {
		for (const word of list) if (!classes.has(fold(word))) classes.set(fold(word), kind);
	};
	put(words.negations, 'negation');
	put(words.articles, 'article');
	put(words.prepositions, 'preposition');
	put(words.auxiliaries, 'auxiliary');
	put(words.pronouns, 'pronoun');
	put(words.conjunctions, 'conjunction');
	put(words.quantifiers, 'quantifier');
	put(words.fillers, 'filler');
	const numbers = new Map<string, number>();
	for (const table of [words.numbers, words.ordinals])
		for (const [word, value] of Object.entries(table)) numbers.set(fold(word), value);
	for (const ambiguous of ['second', 'seconde', 'segundo', 'segunda', 'cuarto'])
		numbers.delete(ambiguous);
	const dates = new Map<string, string>();
	for (const [word, form] of groupForms([...words.months, ...words.weekdays]))
		dates.set(word, form);
	for (const word of words.dates) dates.set(fold(word), fold(word));
	return {
		language,
		classes,
		negations: new Set(words.negations.map(fold)),
		questions: new Map(Object.entries(words.questions)),
		numbers,
		dates,
		contractions: new Map(
			Object.entries(words.contractions).map(([short, long]) => [fold(short), long.split(' ')]),
		),
		synonyms: allPairs(words.synonyms),
		forms: allPairs(words.forms),
		spelling: groupForms(words.spelling),
		units: groupForms(words.units),
		currencies: groupForms(words.currencies),
		corrections: phrases(words.corrections),
	};
}

function compileCourtesy(all: LanguageWords[]): CourtesyWords {
	const setOf = (pick: (words: LanguageWords) => string[]): Set<string> =>
		new Set(all.flatMap(pick).map(fold));
	return {
		opening: phrases(all.flatMap((words) => words.opening)),
		closing: phrases(all.flatMap((words) => words.closing)),
		openingWords: setOf((words) => words.openingWords),
		closingStarts: setOf((words) => words.closingStarts),
		closingWords: setOf((words) => words.closingWords),
	};
}

function compileNames(words: NameWords): Lexicon['names'] {
	const names: Lexicon['names'] = new Map();
	const put = (list: string[], kind: string): void => {
		for (const word of list)
			if (!names.has(fold(word))) names.set(fold(word), { kind, form: fold(word) });
	};
	for (const group of words.countries)
		for (const word of group) names.set(fold(word), { kind: 'country', form: fold(group[0]!) });
	put(words.places, 'place');
	put(words.companies, 'company');
	put(words.technologies, 'technology');
	put(words.given, 'person');
	put(words.animals, 'animal');
	put(words.genres, 'kind of text');
	return names;
}

/** Compiles the word lists; `known` tells real words from misspelt ones. */
export function compileLexicon(
	languages: Record<SemanticLanguage, LanguageWords>,
	names: NameWords,
	known: (word: string) => boolean,
): Lexicon {
	return {
		languages: {
			en: compileLanguage('en', languages.en),
			fr: compileLanguage('fr', languages.fr),
			de: compileLanguage('de', languages.de),
			es: compileLanguage('es', languages.es),
		},
		names: compileNames(names),
		antonyms: allPairs(SEMANTIC_LANGUAGES.flatMap((language) => languages[language].antonyms)),
		ambiguousCapitals: new Set(names.ambiguousCapitals),
		courtesy: compileCourtesy(SEMANTIC_LANGUAGES.map((language) => languages[language])),
		known,
	};
}
