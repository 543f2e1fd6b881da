import type { EmbeddingTable } from './embeddingTable';
import { piecesOf, splitWords } from './wordPiece';

/** Longer prompts are embedded by their first and last words. */
const MOST_WORDS = 2_000;

/**
 * The unit vector of a text: the weighted mean of its word pieces (the weights are in the table).
 * A text without a known piece gives the zero vector, which is near nothing.
 */
export function embedText(text: string, table: EmbeddingTable): Float32Array {
	const { dims, values, scales, rows } = table;
	const sum = new Float64Array(dims);
	let words = splitWords(text);
	if (words.length > MOST_WORDS)
		words = [...words.slice(0, MOST_WORDS / 2), ...words.slice(-MOST_WORDS / 2)];
	for (const word of words)
		for (const row of piecesOf(word, rows)) {
			const scale = scales[row]!;
			const from = row * dims;
			for (let k = 0; k < dims; k++) sum[k]! += values[from + k]! * scale;
		}
	return unitVector(sum);
}

/** Scales a vector to length 1; the zero vector stays as it is. */
export function unitVector(vector: ArrayLike<number>): Float32Array {
	let square = 0;
	for (let k = 0; k < vector.length; k++) square += vector[k]! * vector[k]!;
	const unit = new Float32Array(vector.length);
	if (square === 0) return unit;
	const factor = 1 / Math.sqrt(square);
	for (let k = 0; k < vector.length; k++) unit[k] = vector[k]! * factor;
	return unit;
}
