import type { DatabaseSync } from 'node:sqlite';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../../ports/Clock';
import type { VectorIndex } from '../../ports/VectorIndex';
import { createVectorArray, type VectorArray } from '../memory/vectorIndex';
import { attempt } from './attempt';
import { inTransaction } from './transaction';

interface Loaded {
	array: VectorArray;
	lastSeq: number;
}

/** Partitions kept in memory at a time. */
const MAX_PARTITIONS = 64;
const PURGE_EVERY_MS = 60_000;

/**
 * Semantic index in the cache's SQLite file, searched in process: each search first reads the rows that are new
 * since the last one, so that all processes of the machine see the same prompts. Prompts whose entries are gone
 * stay in memory until a search proposes them and the cache refuses.
 */
export function sqliteVectorIndex(db: DatabaseSync, clock: Clock): VectorIndex {
	const loaded = new LRUCache<string, Loaded>({ max: MAX_PARTITIONS });
	const added = db.prepare(
		'SELECT seq, key, prompt, vector FROM vectors WHERE part = ? AND seq > ? AND expires_at > ? ORDER BY seq',
	);
	const insert = db.prepare(
		'INSERT OR REPLACE INTO vectors (part, key, prompt, vector, expires_at) VALUES (?, ?, ?, ?, ?)',
	);
	const drop = db.prepare('DELETE FROM vectors WHERE part = ? AND key = ?');
	const dropAll = db.prepare('DELETE FROM vectors WHERE part = ?');
	const purge = db.prepare('DELETE FROM vectors WHERE expires_at <= ?');
	let purgedAtMs = 0;

	function upToDate(id: string): Loaded {
		const one = loaded.get(id) ?? { array: createVectorArray(), lastSeq: 0 };
		loaded.set(id, one);
		for (const row of added.iterate(Buffer.from(id, 'hex'), one.lastSeq, clock.nowMs())) {
			one.lastSeq = Number(row.seq);
			one.array.put({
				key: Buffer.from(row.key as Uint8Array).toString('hex'),
				prompt: String(row.prompt),
				vector: fromBytes(row.vector as Uint8Array),
			});
		}
		return one;
	}

	const write = (work: () => void): void => attempt(() => inTransaction(db, work), db);

	return {
		kind: 'in-process search over SQLite',

		add: async ({ id }, { key, prompt, vector }, keepMs) =>
			write(() => {
				const nowMs = clock.nowMs();
				insert.run(
					Buffer.from(id, 'hex'),
					Buffer.from(key, 'hex'),
					prompt,
					toBytes(vector),
					nowMs + keepMs,
				);
				if (Math.abs(nowMs - purgedAtMs) > PURGE_EVERY_MS) {
					purgedAtMs = nowMs;
					purge.run(nowMs);
				}
			}),

		nearest: async ({ id }, vector, count) =>
			attempt(() => upToDate(id).array.nearest(vector, count), db),

		remove: async ({ id }, keys) =>
			write(() => {
				for (const key of keys) {
					drop.run(Buffer.from(id, 'hex'), Buffer.from(key, 'hex'));
					loaded.get(id)?.array.delete(key);
				}
			}),

		clear: async ({ id }) =>
			write(() => {
				dropAll.run(Buffer.from(id, 'hex'));
				loaded.delete(id);
			}),
	};
}

export const toBytes = (vector: Float32Array): Uint8Array =>
	new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);

/** Copies, since the bytes may not be aligned. */
export const fromBytes = (bytes: Uint8Array): Float32Array =>
	new Float32Array(
		bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer,
	);
