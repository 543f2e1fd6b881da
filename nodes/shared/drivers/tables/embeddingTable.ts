import { readFileSync } from 'node:fs';
import path from 'node:path';
import { readEmbeddingTable } from '../../core/semantic/embeddingTable';
import {
	compileLexicon,
	SEMANTIC_LANGUAGES,
	type LanguageWords,
	type NameWords,
	type SemanticLanguage,
} from '../../core/semantic/lexicon';
import { checkPairModel, type PairModel } from '../../core/semantic/pairModel';
import type { SemanticTables } from '../../core/semantic/sameAnswer';

const FOLDER = path.join(__dirname, '..', '..', 'data');

const readJson = <T>(name: string): T =>
	JSON.parse(readFileSync(path.join(FOLDER, name), 'utf8')) as T;

type WordTables = Omit<SemanticTables, 'pairModel'>;

let wordTables: WordTables | undefined;
let pairModel: PairModel | undefined;

/**
 * The tables of the semantic decision: embedding (7.9 MB, kept as the file's own bytes), word lists
 * and pair model. Read on first use, about 60 ms, and kept for the life of the process.
 */
export function loadSemanticTables(): SemanticTables {
	pairModel ??= checkPairModel(readJson<PairModel>('pair-model.json'));
	return { ...loadWordTables(), pairModel };
}

/** The embedding and the word lists alone, as the trainer of the pair model needs them. */
export function loadWordTables(): WordTables {
	wordTables ??= readWordTables();
	return wordTables;
}

function readWordTables(): WordTables {
	const embedding = readEmbeddingTable(readFileSync(path.join(FOLDER, 'embedding.bin')));
	const knownWords = new Set(
		readFileSync(path.join(FOLDER, 'known-words.txt'), 'utf8').trimEnd().split('\n'),
	);
	const names = readJson<NameWords>('lexicon.names.json');
	const languages = Object.fromEntries(
		SEMANTIC_LANGUAGES.map((language) => [
			language,
			readJson<LanguageWords>(`lexicon.${language}.json`),
		]),
	) as Record<SemanticLanguage, LanguageWords>;
	const lexicon = compileLexicon(
		languages,
		names,
		(word) => embedding.rows.has(word) || knownWords.has(word) || lexicon.names.has(word),
	);
	return { lexicon, embedding };
}
