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
	/** Concepts from this index on, up to the function words, mark difficulty and not a task. */
	firstDifficultyConcept: number;
	/** Auxiliary verbs: they make a question only at the beginning of a line. */
	yesNoConcept: number;
	/** Child of a node by symbol, 0 for none. */
	children: Uint16Array;
	/** Where a node's outputs begin in `outputs`, 0 for a node without any. */
	firstOutput: Uint16Array;
	/** Packed concept, languages and stem flag of the accepting nodes, each list closed by 0. */
	outputs: Uint16Array;
}

function symbolOf(code: number): number {
	if (code >= 97 && code <= 122) return code - 97;
	if (code === 32) return SPACE;
	if (code >= 48 && code <= 57) return DIGIT;
	return code === 43 ? PLUS : -1;
}

/** Concept from bit 6 on, languages in bits 2-5, 2 for a stem, and always 1: no output is 0. */
function pack(concept: number, languages: number, stem: boolean): number {
	return (concept << 6) | (languages << 2) | (stem ? 3 : 1);
}

/** As words are seen in a prompt: signs other than letters, digits and `+` are spaces. */
function plainPhrase(text: string): string {
	return /[^a-z0-9+ ]/.test(text) ? text.replace(/[^a-z0-9+]+/g, ' ').trim() : text;
}

const MAX_NODES = 65_535;

/**
 * Compiles the text form of the lexicon.
 * @param source lines `concept language: phrase, phrase, stem*`; `#` begins a comment line
 * @throws Error when a line does not have that form or the lexicon is too large for 16-bit nodes
 */
export function compileLexicon(source: string): Lexicon {
	const concepts: string[] = [];
	const children = new Uint16Array(MAX_NODES * ALPHABET_SIZE);
	const found = new Map<number, number[]>();
	let nodes = 1;
	for (const line of source.split('\n')) {
		if (line === '' || line.startsWith('#')) continue;
		const colon = line.indexOf(': ');
		const [name = '', language = ''] = line.slice(0, Math.max(0, colon)).split(' ');
		const place = (LEXICON_LANGUAGES as readonly string[]).indexOf(language);
		if (name === '' || place < 0)
			throw new Error(`Lexicon line not understood: ${line.slice(0, 60)}`);
		let concept = concepts.indexOf(name);
		if (concept < 0) concept = concepts.push(name) - 1;
		for (const raw of line.slice(colon + 2).split(',')) {
			const trimmed = raw.trim();
			const stem = trimmed.endsWith('*');
			const phrase = plainPhrase(stem ? trimmed.slice(0, -1) : trimmed);
			let node = 0;
			for (let i = 0; i < phrase.length; i++) {
				const edge = node * ALPHABET_SIZE + symbolOf(phrase.charCodeAt(i));
				if (children[edge] === 0) children[edge] = nodes++;
				if (nodes >= MAX_NODES) throw new Error('Lexicon too large');
				node = children[edge]!;
			}
			if (node > 0) addOutput(found, node, pack(concept, 1 << place, stem));
		}
	}
	const firstOf = (prefix: string): number => {
		const first = concepts.findIndex((name) => name.startsWith(prefix));
		return first < 0 ? concepts.length : first;
	};
	return {
		concepts,
		firstFunctionConcept: firstOf('l_'),
		firstDifficultyConcept: firstOf('x_'),
		yesNoConcept: concepts.indexOf('q_yesno'),
		children: children.slice(0, nodes * ALPHABET_SIZE),
		...packOutputs(found, nodes),
	};
}

function addOutput(found: Map<number, number[]>, node: number, output: number): void {
	const list = found.get(node);
	if (!list) {
		found.set(node, [output]);
		return;
	}
	const same = list.findIndex((o) => o >> 6 === output >> 6 && (o & 2) === (output & 2));
	if (same < 0) list.push(output);
	else list[same]! |= output;
}

function packOutputs(
	found: Map<number, number[]>,
	nodes: number,
): Pick<Lexicon, 'firstOutput' | 'outputs'> {
	const firstOutput = new Uint16Array(nodes);
	const outputs = [0];
	for (const [node, list] of found) {
		firstOutput[node] = outputs.length;
		outputs.push(...list, 0);
	}
	return { firstOutput, outputs: Uint16Array.from(outputs) };
}

/**
 * All phrases of the lexicon in a line of words, in order of their first word.
 * @param words folded text of letters, digits and `+` with single spaces between words
 */
export function findConcepts(lexicon: Lexicon, words: string): LexiconHit[] {
	const { children, firstOutput, outputs } = lexicon;
	const hits: LexiconHit[] = [];
	const length = words.length;
	let word = 0;
	for (let start = 0; start < length; word++) {
		let node = 0;
		for (let i = start; i < length; i++) {
			const symbol = symbolOf(words.charCodeAt(i));
			if (symbol < 0) break;
			node = children[node * ALPHABET_SIZE + symbol]!;
			if (node === 0) break;
			let at = firstOutput[node]!;
			if (at === 0) continue;
			const atBoundary = i + 1 === length || words.charCodeAt(i + 1) === 32;
			for (let output = outputs[at]!; output !== 0; output = outputs[++at]!) {
				if (atBoundary || (output & 2) !== 0) addHit(hits, output >> 6, (output >> 2) & 15, word);
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
