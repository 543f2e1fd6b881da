/** Turns texts into vectors. */
export interface Embedder {
	/** Name, model and version: another embedder never meets this one's vectors. */
	readonly id: string;
	/** One unit vector for each text, in order; all of one length. */
	embed(texts: string[]): Promise<Float32Array[]>;
}
