import type { DatabaseSync } from 'node:sqlite';
import { inTransaction } from './transaction';

export interface CacheLimits {
	/** Sum of packed entries; bytes. */
	maxBytes: number;
	maxEntries: number;
}

/** Entries removed in one go: keeps each transaction short. */
const BATCH = 200;
const PURGE_EVERY_MS = 30_000;
/** How much is freed once a limit is met, so that not every store evicts. */
const LOW_WATER = 0.95;

/** Removes expired entries now and then, and the least recently used ones when a limit is met; the latter are counted. */
export function createEviction(db: DatabaseSync, limits: CacheLimits) {
	const totals = db.prepare('SELECT entries, bytes FROM totals');
	const purge = db.prepare(
		'DELETE FROM entries WHERE rowid IN (SELECT rowid FROM entries WHERE expires_at <= ? LIMIT ?)',
	);
	const purgeLeases = db.prepare('DELETE FROM leases WHERE expires_at <= ?');
	const purgeNear = db.prepare('DELETE FROM near WHERE at < ?');
	const dropLeastUsed = db.prepare(
		'DELETE FROM entries WHERE rowid IN (SELECT rowid FROM entries ORDER BY used_at LIMIT ?) RETURNING ns',
	);
	const countEviction = db.prepare(
		`INSERT INTO stats (ns, name, value) VALUES (?, 'evictions', 1)
		ON CONFLICT (ns, name) DO UPDATE SET value = value + 1`,
	);
	const EXPLAIN_FOR_MS = 7 * 86_400_000;
	let purgedAtMs = 0;

	const over = (share: number): boolean => {
		const { entries, bytes } = totals.get() ?? {};
		return Number(entries) > limits.maxEntries * share || Number(bytes) > limits.maxBytes * share;
	};

	return (nowMs: number): void => {
		if (Math.abs(nowMs - purgedAtMs) > PURGE_EVERY_MS) {
			purgedAtMs = nowMs;
			inTransaction(db, () => {
				purge.run(nowMs, BATCH * 10);
				purgeLeases.run(nowMs);
				purgeNear.run(nowMs - EXPLAIN_FOR_MS);
			});
			db.exec('PRAGMA incremental_vacuum(1000)');
		}
		if (!over(1)) return;
		while (over(LOW_WATER)) {
			const removed = inTransaction(db, () => {
				const rows = dropLeastUsed.all(BATCH);
				for (const { ns } of rows) countEviction.run(ns ?? null);
				return rows.length;
			});
			if (removed === 0) return;
		}
	};
}
