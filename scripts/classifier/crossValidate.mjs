// Predictions for every labelled prompt by a model that has seen nothing of its source.
import {
	balancedWeights,
	BUCKET_BITS,
	dealFolds,
	DIFFICULTY_WEIGHTS,
	examine,
	LABELS,
	phraseRows,
	readModel,
	runModel,
	scoreDifficulty,
	SMALL_TYPE_COUNT,
	writeModel,
} from './rows.mjs';
import { train } from './trainer.mjs';

export const FOLDS = 6;
const PHRASE_WEIGHT = 0.7;
const SEED = 11;

/** A header with neutral calibration. */
export function neutralHeader(bias) {
	return {
		version: 1,
		trained: '',
		bucketBits: BUCKET_BITS,
		bias,
		typeScale: 1,
		sideScale: 1,
		sideShare: 0.5,
		sideThreshold: 0,
		difficultyWeight: 0,
		difficulty: DIFFICULTY_WEIGHTS,
	};
}

/** The written phrases as examples. */
export function phraseExamples(rows) {
	return phraseRows(rows, SEED).map(({ text, task }) => ({
		vector: examine(text),
		label: LABELS.indexOf(task),
		weight: PHRASE_WEIGHT,
	}));
}

/** Rows as examples with balanced weights. */
export function labelledExamples(rows, vectors) {
	const weights = balancedWeights(rows);
	return rows.map((row, i) => ({
		vector: vectors[i],
		label: LABELS.indexOf(row.task),
		weight: weights[i],
	}));
}

/** For each row the raw logits of the fold's model, weights rounded to bytes as in the package. */
export function crossValidate(
	rows,
	vectors,
	{ say = () => {}, phrases = true, dropout = true } = {},
) {
	const fold = dealFolds(rows, FOLDS);
	const outputs = new Array(rows.length);
	for (let f = 0; f < FOLDS; f++) {
		const inFold = rows.map((_, i) => i).filter((i) => fold[i] !== f);
		const part = inFold.map((i) => rows[i]);
		const examples = labelledExamples(
			part,
			inFold.map((i) => vectors[i]),
		);
		if (phrases) examples.push(...phraseExamples(part));
		const { weights, bias } = train(examples, f + 1, dropout);
		const model = readModel(writeModel(neutralHeader(bias), weights));
		rows.forEach((_, i) => {
			if (fold[i] === f) outputs[i] = logitsOf(model, vectors[i]);
		});
		say(`fold ${f + 1} of ${FOLDS}`);
	}
	return outputs;
}

/** Log-probabilities of the types and the direct side logit. */
function logitsOf(model, vector) {
	const header = { ...model.header, sideShare: 1 };
	const { types, sideLogit } = runModel({ ...model, header }, vector);
	return { types: Array.from(types, (p) => Math.log(p + 1e-9)), side: sideLogit };
}

/** Applies a calibration to an output of `crossValidate`. */
export function apply({ types, side }, { typeScale, sideScale, sideShare }) {
	const top = Math.max(...types);
	const exp = types.map((z) => Math.exp((z - top) * typeScale));
	const sum = exp.reduce((a, b) => a + b, 0);
	const p = exp.map((e) => e / sum);
	const small = p.slice(0, SMALL_TYPE_COUNT).reduce((a, b) => a + b, 0);
	const byTypes = Math.log((1 - small + 1e-6) / (small + 1e-6));
	return { types: p, sideLogit: sideShare * sideScale * side + (1 - sideShare) * byTypes };
}

export { scoreDifficulty };
