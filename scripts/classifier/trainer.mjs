// Multinomial logistic regression over hashed features with one more output for the side, trained by
// Adagrad with dropout of whole namespaces and single features. Deterministic for a seed.
import { randomFrom } from './random.mjs';
import { BUCKET_BITS, LABELS, NAMESPACES, SMALL_TYPE_COUNT } from './rows.mjs';

const TYPES = LABELS.length;
const OUTPUTS = TYPES + 1;
const EPOCHS = 8;
const RATE = 0.12;
const L2 = 1e-6;
const LABEL_SMOOTHING = 0.05;
const FEATURE_DROPOUT = 0.25;
/** How often a whole namespace is dropped, in the order of NAMESPACES: words lie, concepts less. */
const NAMESPACE_DROPOUT = [0, 0.1, 0.15, 0.2, 0.3, 0.3, 0.25, 0.5, 0.3];

function shuffle(order, random) {
	for (let i = order.length - 1; i > 0; i--) {
		const j = Math.floor(random() * (i + 1));
		[order[i], order[j]] = [order[j], order[i]];
	}
}

/**
 * @param examples `{ vector, label, weight }` with label an index into LABELS
 * @param dropout whether features are dropped in training
 * @returns `{ weights, bias }`, weights already scaled for use without dropout
 */
export function train(examples, seed = 1, dropout = true) {
	const weights = new Float32Array(OUTPUTS << BUCKET_BITS);
	const history = new Float32Array(weights.length).fill(1e-3);
	const bias = new Float32Array(OUTPUTS);
	const random = randomFrom(seed);
	const order = examples.map((_, i) => i);
	const gradient = new Float32Array(OUTPUTS);
	const kept = new Uint8Array(2048).fill(1);
	for (let epoch = 0; epoch < EPOCHS; epoch++) {
		shuffle(order, random);
		const rate = RATE * (1 - (epoch / EPOCHS) * 0.9);
		for (const at of order) {
			const { vector, label, weight } = examples[at];
			if (dropout) dropOut(vector, kept, random);
			forward(vector, kept, weights, bias, gradient);
			toGradient(gradient, label, weight);
			backward(vector, kept, weights, history, gradient, rate);
			for (let c = 0; c < OUTPUTS; c++) bias[c] -= rate * 0.02 * gradient[c];
		}
	}
	const keepRate = dropout ? 1 - FEATURE_DROPOUT : 1;
	for (let i = 0; i < weights.length; i++) weights[i] *= keepRate;
	return { weights, bias: [...bias] };
}

function dropOut({ starts }, kept, random) {
	for (let n = 0; n < NAMESPACES.length; n++) {
		const off = random() < NAMESPACE_DROPOUT[n];
		const rate = n === 0 ? FEATURE_DROPOUT * 0.4 : FEATURE_DROPOUT;
		for (let k = starts[n]; k < starts[n + 1]; k++) kept[k] = off || random() < rate ? 0 : 1;
	}
}

function forward({ indices, values }, kept, weights, bias, out) {
	out.set(bias);
	for (let k = 0; k < indices.length; k++) {
		if (kept[k] === 0) continue;
		const row = indices[k] * OUTPUTS;
		for (let c = 0; c < OUTPUTS; c++) out[c] += weights[row + c] * values[k];
	}
}

/** Turns logits into the gradient of cross entropy: softmax for the types, logistic for the side. */
function toGradient(z, label, weight) {
	let top = -Infinity;
	for (let c = 0; c < TYPES; c++) top = Math.max(top, z[c]);
	let sum = 0;
	for (let c = 0; c < TYPES; c++) {
		z[c] = Math.exp(z[c] - top);
		sum += z[c];
	}
	for (let c = 0; c < TYPES; c++) {
		const wanted = (c === label ? 1 - LABEL_SMOOTHING : 0) + LABEL_SMOOTHING / TYPES;
		z[c] = (z[c] / sum - wanted) * weight;
	}
	const large = label >= SMALL_TYPE_COUNT ? 1 - LABEL_SMOOTHING : LABEL_SMOOTHING;
	z[TYPES] = (1 / (1 + Math.exp(-z[TYPES])) - large) * weight;
}

function backward({ indices, values }, kept, weights, history, gradient, rate) {
	for (let k = 0; k < indices.length; k++) {
		if (kept[k] === 0) continue;
		const row = indices[k] * OUTPUTS;
		for (let c = 0; c < OUTPUTS; c++) {
			const g = gradient[c] * values[k] + L2 * weights[row + c];
			history[row + c] += g * g;
			weights[row + c] -= (rate * g) / Math.sqrt(history[row + c]);
		}
	}
}
