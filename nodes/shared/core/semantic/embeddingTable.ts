/** A static embedding table: one quantised vector for each word piece. */
export interface EmbeddingTable {
	dims: number;
	/** Word piece to row; pieces inside a word begin with `##`. */
	rows: ReadonlyMap<string, number>;
	/** Real value = `values[row * dims + k] * scales[row]`. */
	scales: Float32Array;
	values: Int8Array;
}

/**
 * Reads the file made by `scripts/distil-embeddings.py`: 'EMB1', uint32 rows, dims and length of the
 * vocabulary in bytes, the vocabulary, float32 scales, int8 values; little endian. The values are
 * a view on `file`, not a copy.
 *
 * @throws Error when the file is no such table or is cut short.
 */
export function readEmbeddingTable(file: Uint8Array): EmbeddingTable {
	const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
	if (file.byteLength < 16 || view.getUint32(0, true) !== 0x31424d45)
		throw new Error('embedding table: not a table of this package');
	const count = view.getUint32(4, true);
	const dims = view.getUint32(8, true);
	const vocabularyBytes = view.getUint32(12, true);
	const scalesAt = 16 + vocabularyBytes;
	const valuesAt = scalesAt + count * 4;
	if (file.byteLength !== valuesAt + count * dims) throw new Error('embedding table: cut short');
	const words = new TextDecoder().decode(file.subarray(16, scalesAt)).trimEnd().split('\n');
	const scales = new Float32Array(count);
	for (let row = 0; row < count; row++) scales[row] = view.getFloat32(scalesAt + row * 4, true);
	return {
		dims,
		rows: new Map(words.map((word, row) => [word, row])),
		scales,
		values: new Int8Array(file.buffer, file.byteOffset + valuesAt, count * dims),
	};
}
