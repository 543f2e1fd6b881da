/** Cosine of two unit vectors, -1 to 1 (their dot product). Vectors of other lengths are not compared. */
export function cosine(a: Float32Array, b: Float32Array): number {
	if (a.length !== b.length)
		throw new Error(`vectors of ${a.length} and ${b.length} dimensions cannot be compared`);
	let dot = 0;
	for (let k = 0; k < a.length; k++) dot += a[k]! * b[k]!;
	return Math.max(-1, Math.min(1, dot));
}
