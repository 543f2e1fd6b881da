/**
 * Vectors of the full sentence model, made beforehand by scripts/distil-embeddings.py:
 *
 *   npm run -s eval:semantic -- --write-texts texts.jsonl
 *   venv/bin/python scripts/distil-embeddings.py --texts texts.jsonl --out vectors.bin
 *   npm run eval:semantic -- --vectors vectors.bin
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const DIMS = 384;

const distinctTexts = (rows) => [...new Set(rows.flatMap(({ a, b }) => [a, b]))];

export function writeTexts(rows, file) {
	const lines = distinctTexts(rows).map((text) => JSON.stringify(text));
	writeFileSync(file, `${lines.join('\n')}\n`);
	return lines.length;
}

/** Adds `full`, the full model's cosine, to each row; answers why not where it cannot. */
export function addFullSimilarity(rows, file) {
	if (!file) return 'no vectors given (--vectors FILE, see scripts/semantic/sentenceVectors.mjs)';
	if (!existsSync(file)) return `${file} is not there`;
	const texts = distinctTexts(rows);
	const bytes = readFileSync(file);
	if (bytes.length !== texts.length * DIMS * 4)
		return `${file} holds ${bytes.length / DIMS / 4} vectors, the data has ${texts.length} texts`;
	const values = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
	const place = new Map(texts.map((text, at) => [text, at * DIMS]));
	for (const row of rows) {
		const from = place.get(row.a);
		const to = place.get(row.b);
		row.full = 0;
		for (let k = 0; k < DIMS; k++) row.full += values[from + k] * values[to + k];
	}
	return null;
}
