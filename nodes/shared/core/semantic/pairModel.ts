import { FEATURE_NAMES } from './pairFeatures';

/** One decision tree; the children of node `i` are `2i + 1` and `2i + 2`, `feature` -1 is a leaf. */
export interface PairTree {
	feature: number[];
	/** Split: at most this goes left. Leaf: the value that is added. */
	value: number[];
}

/** The trained pair model as it stands in `data/pair-model.json`. */
export interface PairModel {
	features: string[];
	bias: number;
	/** At and above this probability a paraphrase is served. */
	cutoff: number;
	trees: PairTree[];
}

/** Checks that a model was trained on the features this version computes. */
export function checkPairModel(model: PairModel): PairModel {
	if (model.features.join() !== FEATURE_NAMES.join())
		throw new Error('pair model: trained on other features, run scripts/train-pair-model.mjs');
	return model;
}

/** Probability (0-1) that the answer to one prompt may be served for the other. */
export function pairScore(model: PairModel, features: readonly number[]): number {
	let sum = model.bias;
	for (const { feature, value } of model.trees) {
		let node = 0;
		while (feature[node]! >= 0)
			node = features[feature[node]!]! <= value[node]! ? node * 2 + 1 : node * 2 + 2;
		sum += value[node]!;
	}
	return 1 / (1 + Math.exp(-sum));
}
