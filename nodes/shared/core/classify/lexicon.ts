/** Languages of the lexicon, in the order of their bits in a language mask. */
export const LEXICON_LANGUAGES = ['en', 'fr', 'de', 'es'] as const;

const ALPHABET_SIZE = 29;
const SPACE = 26;
const DIGIT = 27;
const PLUS = 28;

/** What a phrase of the lexicon says, where it begins, and in which languages it says so. */
export interface LexiconHit {
	/** Index into `Lexicon.concepts`. */
	concept: number;
	/** Bit mask over `LEXICON_LANGUAGES`. */
	languages: number;
	/** Number of the word, within the searched line, at which the phrase begins. */
	word: number;
}

/** A compiled lexicon: a trie over folded text whose nodes carry concepts. */
export interface Lexicon {
	concepts: string[];
	/** Concepts from this index on are function words that vote for a language. */
	firstFunctionConcept: number;
	/** Auxiliary verbs: they make a question only at the beginning of a line. */
	yesNoConcept: number;
	children: Uint16Array;
	/** 1 for nodes that have outputs. */
	accepting: Uint8Array;
	/** Concept, language mask and stem flag of each accepting node, packed; see `pack`. */
	outputs: Map<number, number[]>;
}

function symbolOf(code: number): number {
	if (code >= 97 && code <= 122) return code - 97;
	if (code === 32) return SPACE;
	if (code >= 48 && code <= 57) return DIGIT;
	return code === 43 ? PLUS : -1;
}

function pack(concept: number, language: number, stem: boolean): number {
	return (concept << 5) | (language << 1) | (stem ? 1 : 0);
}

/**
 * Compiles the text form of the lexicon.
 * @param source lines `concept language: phrase, phrase, stem*`; `#` begins a comment line
 * @throws Error when a line does not have that form or the lexicon is too large for 16-bit nodes
 */
export function compileLexicon(source: string): Lexicon {
	const concepts: string[] = [];
	const nodes: number[][] = [new Array<number>(ALPHABET_SIZE).fill(0)];
	const outputs = new Map<number, number[]>();
	for (const line of source.split('\n')) {
		if (line === '' || line.startsWith('#')) continue;
		const match = /^(\w+) (en|fr|de|es): (.+)$/.exec(line);
		if (!match) throw new Error(`Lexicon line not understood: ${line.slice(0, 60)}`);
		const [name, language, phrases] = match.slice(1) as [string, string, string];
		let concept = concepts.indexOf(name);
		if (concept < 0) concept = concepts.push(name) - 1;
		const bit = 1 << (LEXICON_LANGUAGES as readonly string[]).indexOf(language);
		for (const raw of phrases.split(',')) {
			const stem = raw.trimEnd().endsWith('*');
			const phrase = raw.replace(/[^a-z0-9+]+/g, ' ').trim();
			let node = 0;
			for (let i = 0; i < phrase.length; i++) {
				const symbol = symbolOf(phrase.charCodeAt(i));
				if (nodes[node]![symbol] === 0) {
					nodes[node]![symbol] = nodes.push(new Array<number>(ALPHABET_SIZE).fill(0)) - 1;
				}
				node = nodes[node]![symbol]!;
			}
			if (node === 0) continue;
			const list = outputs.get(node) ?? [];
			const known = list.findIndex((o) => o >> 5 === concept && (o & 1) === (stem ? 1 : 0));
			if (known < 0) list.push(pack(concept, bit, stem));
			else list[known]! |= bit << 1;
			outputs.set(node, list);
		}
	}
	if (nodes.length > 65_535) throw new Error('Lexicon too large');
	const children = new Uint16Array(nodes.length * ALPHABET_SIZE);
	nodes.forEach((row, i) => children.set(row, i * ALPHABET_SIZE));
	const first = concepts.findIndex((name) => name.startsWith('l_'));
	const accepting = new Uint8Array(nodes.length);
	for (const node of outputs.keys()) accepting[node] = 1;
	return {
		concepts,
		firstFunctionConcept: first < 0 ? concepts.length : first,
		yesNoConcept: concepts.indexOf('q_yesno'),
		children,
		accepting,
		outputs,
	};
}

/**
 * All phrases of the lexicon in a line of words, in order of their first word.
 * @param words folded text of letters, digits and `+` with single spaces between words
 */
export function findConcepts(lexicon: Lexicon, words: string): LexiconHit[] {
	const { children, accepting, outputs } = lexicon;
	const hits: LexiconHit[] = [];
	const length = words.length;
	let word = 0;
	for (let start = 0; start < length; word++) {
		let node = 0;
		let i = start;
		for (; i < length; i++) {
			const symbol = symbolOf(words.charCodeAt(i));
			if (symbol < 0) break;
			node = children[node * ALPHABET_SIZE + symbol]!;
			if (node === 0) break;
			if (accepting[node] === 0) continue;
			const atBoundary = i + 1 === length || words.charCodeAt(i + 1) === 32;
			for (const output of outputs.get(node) ?? []) {
				if (!atBoundary && (output & 1) === 0) continue;
				addHit(hits, output >> 5, (output >> 1) & 15, word);
			}
		}
		const space = words.indexOf(' ', start);
		if (space < 0) break;
		start = space + 1;
	}
	return hits;
}

function addHit(hits: LexiconHit[], concept: number, languages: number, word: number): void {
	for (let i = hits.length - 1; i >= 0 && hits[i]!.word === word; i--) {
		if (hits[i]!.concept === concept) {
			hits[i]!.languages |= languages;
			return;
		}
	}
	hits.push({ concept, languages, word });
}
