import { askGuards, type GuardName, type Objection } from '../guards/allGuards';
import { align, type Alignment } from './align';
import { cosine } from './cosine';
import type { EmbeddingTable } from './embeddingTable';
import type { LanguageLexicon, Lexicon } from './lexicon';
import { likenessOf, type Likeness } from './likeness';
import { pairFeatures } from './pairFeatures';
import { pairScore, type PairModel } from './pairModel';
import { embedText } from './pooling';
import { preparePair, type PreparedPrompt } from './prepare';
import { correctedReadings } from './selfCorrection';

/** The tables behind the decision, loaded once by `drivers/tables/embeddingTable`. */
export interface SemanticTables {
	lexicon: Lexicon;
	embedding: EmbeddingTable;
	pairModel: PairModel;
}

export interface SameAnswerOptions {
	/** Guards that may object; all when left out. */
	guards?: ReadonlySet<GuardName>;
	/** Cosine (0-1) by the configured embedder; the built-in embedder's when left out. */
	similarity?: number;
	/** Least cosine of the configured embedder for a paraphrase. */
	threshold?: number;
}

/** Whether the answer stored for one prompt may be served for another, and why (not). */
export type SameAnswer =
	| {
			hit: true;
			how: 'sameWords' | 'sameContent' | 'paraphrase';
			similarity: number;
			score: number;
			reasons: string[];
	  }
	| { hit: false; similarity: number; score: number; reasons: string[] };

const LIKENESS_REASONS = {
	sameWords: 'same words apart from case, accents, punctuation, courtesy or typing slips',
	sameContent: 'same words but for articles, fillers, forms or a harmless order',
};

/** Everything the decision is made from. */
export interface PairExamination {
	similarity: number;
	/** A prompt without words, or what the guards object. */
	objections: Objection[];
	likeness: Likeness;
	features: number[];
}

interface AlignedPrompts {
	a: PreparedPrompt;
	b: PreparedPrompt;
	alignment: Alignment;
}

const leftOver = ({ alignment }: AlignedPrompts): number =>
	alignment.changed.length * 2 +
	alignment.onlyA.length +
	alignment.onlyB.length +
	alignment.pairs.filter((pair) => pair.moved).length;

/** Aligns two prompts; where just one corrects itself, in the reading that fits the other best. */
function alignReadings(
	a: PreparedPrompt,
	b: PreparedPrompt,
	words: LanguageLexicon,
	lexicon: Lexicon,
): AlignedPrompts {
	const aligned = (x: PreparedPrompt, y: PreparedPrompt): AlignedPrompts => ({
		a: x,
		b: y,
		alignment: align(x.tokens, y.tokens, words, lexicon),
	});
	const plain = aligned(a, b);
	if (leftOver(plain) === 0) return plain;
	const readingsA = correctedReadings(a.tokens, words);
	const readingsB = correctedReadings(b.tokens, words);
	if (readingsA.length > 0 === readingsB.length > 0) return plain;
	const readings = [
		...readingsA.map((tokens) => aligned({ ...a, tokens }, b)),
		...readingsB.map((tokens) => aligned(a, { ...b, tokens })),
	];
	return readings.reduce((best, next) => (leftOver(next) < leftOver(best) ? next : best), plain);
}

/** Compares two prompts: guards, words and features, without deciding. */
export function examinePair(
	stored: string,
	asked: string,
	{ lexicon, embedding }: Omit<SemanticTables, 'pairModel'>,
	guards?: ReadonlySet<GuardName>,
): PairExamination {
	const similarity = cosine(embedText(stored, embedding), embedText(asked, embedding));
	const { words, ...prepared } = preparePair(stored, asked, lexicon);
	if (prepared.a.tokens.length === 0 || prepared.b.tokens.length === 0) {
		const objections: Objection[] = [{ guard: 'payload', reason: 'a prompt has no words' }];
		return { similarity, objections, likeness: 'other', features: [] };
	}
	const { a, b, alignment } = alignReadings(prepared.a, prepared.b, words, lexicon);
	return {
		similarity,
		objections: askGuards({ a, b, words, lexicon, alignment }, guards),
		likeness: likenessOf({ a, b, words, alignment }),
		features: pairFeatures(a, b, alignment, words, similarity),
	};
}

/**
 * The `guarded` decision: prompts of the same words are a hit unless a guard objects; others
 * must pass every guard, the pair model's cutoff and the embedder's threshold.
 *
 * @param stored the prompt whose answer is stored
 * @param asked the prompt that asks now
 */
export function sameAnswer(
	stored: string,
	asked: string,
	tables: SemanticTables,
	{ guards, similarity: given, threshold = 0 }: SameAnswerOptions = {},
): SameAnswer {
	const examined = examinePair(stored, asked, tables, guards);
	const similarity = given ?? examined.similarity;
	const miss = (score: number, reasons: string[]): SameAnswer => ({
		hit: false,
		similarity,
		score,
		reasons,
	});
	if (examined.objections.length > 0)
		return miss(
			0,
			examined.objections.map(({ reason }) => reason),
		);
	if (examined.likeness !== 'other') {
		const reasons = [LIKENESS_REASONS[examined.likeness]];
		return { hit: true, how: examined.likeness, similarity, score: 1, reasons };
	}
	const { cutoff } = tables.pairModel;
	const score = pairScore(tables.pairModel, examined.features);
	const grade = `${score.toFixed(2)} of ${cutoff}`;
	if (score < cutoff) return miss(score, [`not surely the same request (${grade})`]);
	if (similarity < threshold)
		return miss(score, [`similarity ${similarity.toFixed(3)} is under ${threshold}`]);
	return { hit: true, how: 'paraphrase', similarity, score, reasons: [`paraphrase (${grade})`] };
}
