// The method to beat: hashed words, word pairs and character 4-grams, nothing else.
import { BUCKET_BITS, NAMESPACES } from './rows.mjs';

const HEAD = 320;
const TAIL = 180;
const SCALE = 3;

function bucket(text, seed) {
	let h = seed;
	for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
	return (h >>> 0) % (1 << BUCKET_BITS);
}

/** A feature vector in the form of `examine`, all of it in one namespace. */
export function ngramVector(text) {
	const seen = text.length <= HEAD + TAIL ? text : `${text.slice(0, HEAD)} ${text.slice(-TAIL)}`;
	const folded = seen.toLowerCase();
	const words = folded.match(/[\p{L}\p{N}]+|[^\s\p{L}\p{N}]/gu) ?? [];
	const buckets = new Set(words.map((word) => bucket(word, 1)));
	words.slice(1).forEach((word, i) => buckets.add(bucket(`${words[i]} ${word}`, 2)));
	for (let i = 0; i + 4 <= folded.length; i++) buckets.add(bucket(folded.slice(i, i + 4), 3));
	const indices = Int32Array.from(buckets);
	const starts = new Int32Array(NAMESPACES.length + 1).fill(indices.length, 1);
	const values = new Float32Array(indices.length).fill(SCALE / Math.sqrt(indices.length));
	return { indices, values, starts, length: indices.length };
}
