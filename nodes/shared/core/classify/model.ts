import { BUCKET_BITS, type FeatureVector } from './features';
import { LEARNED_TYPE_COUNT, SMALL_TYPE_COUNT } from './taskTypes';

const MAGIC = 0x43544350;
/** Outputs per bucket: the learned types and, last, the side. */
const OUTPUTS = LEARNED_TYPE_COUNT + 1;

/** What stands before the weights in the weights file. */
export interface ModelHeader {
	version: number;
	/** Day of training, ISO 8601. */
	trained: string;
	bucketBits: number;
	/** Largest absolute weight; a byte b stands for sign(b) (b/127)² times this. */
	maxWeight: number;
	bias: number[];
	/** Multiplies the type logits before the softmax, so that confidence is what is right that often. */
	typeScale: number;
	/** Multiplies the side logit likewise. */
	sideScale: number;
	/** Share of the direct side output in the side, 0-1; the types have the rest. */
	sideShare: number;
	/** Side logit from which a prompt goes to the large model when costQuality is 0.5. */
	sideThreshold: number;
	/** Weight of difficulty (centred at 0.5) in the side logit. */
	difficultyWeight: number;
	/** Weights of the difficulty signals, see `difficulty.ts`. */
	difficulty: number[];
}

/** A loaded model: header and one byte per weight. */
export interface ClassifierModel {
	header: ModelHeader;
	weights: Int8Array;
	/** Value of each byte, index 0 for -128. */
	decoded: Float32Array;
}

/** Probabilities of the learned types and the side's logit (positive: large). */
export interface ModelOutput {
	types: Float64Array;
	sideLogit: number;
}

/**
 * Reads a weights file: magic, length of the JSON header, header, bytes.
 * @throws Error when the file is not one of this version
 */
export function readModel(file: Uint8Array): ClassifierModel {
	const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
	if (file.byteLength < 8 || view.getUint32(0, true) !== MAGIC) {
		throw new Error('Not a classifier weights file');
	}
	const headerBytes = view.getUint32(4, true);
	const header = JSON.parse(
		new TextDecoder().decode(file.subarray(8, 8 + headerBytes)),
	) as ModelHeader;
	const weights = new Int8Array(file.buffer, file.byteOffset + 8 + headerBytes);
	if (header.bucketBits !== BUCKET_BITS || weights.length < OUTPUTS << BUCKET_BITS) {
		throw new Error('Classifier weights are of another version');
	}
	const decoded = new Float32Array(256);
	for (let b = -128; b < 128; b++) {
		decoded[b + 128] = Math.sign(b) * (b / 127) ** 2 * header.maxWeight;
	}
	return { header, weights, decoded };
}

/** Writes what `readModel` reads. */
export function writeModel(
	header: Omit<ModelHeader, 'maxWeight'>,
	weights: Float32Array,
): Uint8Array {
	let maxWeight = 0;
	for (const w of weights) maxWeight = Math.max(maxWeight, Math.abs(w));
	const json = new TextEncoder().encode(JSON.stringify({ ...header, maxWeight }));
	const file = new Uint8Array(8 + json.length + weights.length);
	const view = new DataView(file.buffer);
	view.setUint32(0, MAGIC, true);
	view.setUint32(4, json.length, true);
	file.set(json, 8);
	weights.forEach((w, i) => {
		const b = Math.round(127 * Math.sqrt(Math.abs(w) / maxWeight)) * Math.sign(w);
		view.setInt8(8 + json.length + i, b);
	});
	return file;
}

/** Applies the model to a feature vector. */
export function runModel(model: ClassifierModel, features: FeatureVector): ModelOutput {
	const { header, weights, decoded } = model;
	const logits = Float64Array.from(header.bias);
	for (let k = 0; k < features.length; k++) {
		const row = features.indices[k]! * OUTPUTS;
		const value = features.values[k]!;
		for (let c = 0; c < OUTPUTS; c++) {
			logits[c]! += decoded[weights[row + c]! + 128]! * value;
		}
	}
	const types = softmax(logits.subarray(0, LEARNED_TYPE_COUNT), header.typeScale);
	let small = 0;
	for (let c = 0; c < SMALL_TYPE_COUNT; c++) small += types[c]!;
	const byTypes = Math.log((1 - small + 1e-6) / (small + 1e-6));
	const direct = logits[LEARNED_TYPE_COUNT]! * header.sideScale;
	return { types, sideLogit: header.sideShare * direct + (1 - header.sideShare) * byTypes };
}

function softmax(logits: Float64Array, scale: number): Float64Array {
	const out = new Float64Array(logits.length);
	let top = -Infinity;
	for (const z of logits) top = Math.max(top, z);
	let sum = 0;
	for (let c = 0; c < logits.length; c++) {
		out[c] = Math.exp((logits[c]! - top) * scale);
		sum += out[c]!;
	}
	for (let c = 0; c < out.length; c++) out[c]! /= sum;
	return out;
}
