import type { Json } from '../json';
import { isJsonObject } from '../json';

/** A vector as it is stored: its float32 numbers, little endian, in base64; a fifth of the same numbers in JSON. */
export interface StoredVector {
	embedding: string;
	dimensions: number;
}

/**
 * Packs a vector. Numbers are rounded to float32, which is what embedding models compute in.
 * @returns undefined where a number is not finite: such an answer is not for storing
 */
export function packVector(vector: readonly number[]): StoredVector | undefined {
	if (vector.length === 0 || !vector.every(Number.isFinite)) return undefined;
	const bytes = Buffer.alloc(vector.length * 4);
	vector.forEach((value, at) => bytes.writeFloatLE(value, at * 4));
	return { embedding: bytes.toString('base64'), dimensions: vector.length };
}

/** @returns undefined where the entry holds no vector */
export function unpackVector(stored: Json): number[] | undefined {
	if (!isJsonObject(stored) || typeof stored.embedding !== 'string') return undefined;
	const bytes = Buffer.from(stored.embedding, 'base64');
	if (bytes.length === 0 || bytes.length !== Number(stored.dimensions) * 4) return undefined;
	return Array.from({ length: bytes.length / 4 }, (_, at) => bytes.readFloatLE(at * 4));
}
