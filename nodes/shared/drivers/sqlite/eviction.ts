import type { DatabaseSync } from 'node:sqlite';
import { LAPSED_LEASE_KEPT_MS } from '../../core/lease';
import { inTransaction } from './transaction';

export interface CacheLimits {
	/** Sum of packed entries; bytes. */
	maxBytes: number;
	maxEntries: number;
}

/** Rows removed by one statement, and statements after one store at most: nobody waits long for others' rubbish. */
const BATCH = 200;
const MAX_BATCHES = 10;
const PURGE_EVERY_MS = 30_000;
const EXPLAIN_FOR_MS = 7 * 86_400_000;
/** How much is freed once a limit is met, so that not every store evicts. */
const LOW_WATER = 0.95;

/** Removes expired entries now and then, and the least recently used ones when a limit is met; the latter are counted. */
export function createEviction(db: DatabaseSync, limits: CacheLimits) {
	const totals = db.prepare('SELECT entries, bytes FROM cache_totals');
	const purge = db.prepare(
		'DELETE FROM cache_entries WHERE rowid IN (SELECT rowid FROM cache_entries WHERE expires_at <= ? LIMIT ?)',
	);
	const purgeLeases = db.prepare(
		"DELETE FROM cache_leases WHERE expires_at <= ? AND (token = '' OR expires_at <= ?)",
	);
	const purgeEnded = db.prepare('DELETE FROM cache_ended WHERE expires_at <= ?');
	const nearSpan = db.prepare(
		'SELECT coalesce((SELECT max(rowid) FROM cache_near) - (SELECT min(rowid) FROM cache_near), 0) AS span',
	);
	const purgeNear = db.prepare(
		'DELETE FROM cache_near WHERE rowid IN (SELECT rowid FROM cache_near ORDER BY rowid LIMIT ?) AND (at < ? OR ?)',
	);
	const dropLeastUsed = db.prepare(
		'DELETE FROM cache_entries WHERE rowid IN (SELECT rowid FROM cache_entries ORDER BY used_at LIMIT ?) RETURNING ns',
	);
	const countEviction = db.prepare(
		`INSERT INTO cache_stats (ns, name, value) VALUES (?, 'evictions', 1)
		ON CONFLICT (ns, name) DO UPDATE SET value = value + 1`,
	);
	let purgedAtMs = 0;
	let evicting = false;

	const over = (share: number): boolean => {
		const { entries, bytes } = totals.get() ?? {};
		return Number(entries) > limits.maxEntries * share || Number(bytes) > limits.maxBytes * share;
	};

	function purgeExpired(nowMs: number): void {
		if (Math.abs(nowMs - purgedAtMs) <= PURGE_EVERY_MS) return;
		const most = BATCH * MAX_BATCHES;
		const tooManyNear = Number(nearSpan.get()?.span) > limits.maxEntries ? 1 : 0;
		const removed = inTransaction(db, () => {
			purgeEnded.run(nowMs);
			purgeLeases.run(nowMs, nowMs - LAPSED_LEASE_KEPT_MS);
			purgeNear.run(most, nowMs - EXPLAIN_FOR_MS, tooManyNear);
			return Number(purge.run(nowMs, most).changes);
		});
		// Where more is left, the next store goes on.
		if (removed < most) purgedAtMs = nowMs;
		db.exec('PRAGMA incremental_vacuum(1000)');
	}

	/** Call after each store, with the number of entries it wrote. */
	return (nowMs: number, stored: number): void => {
		purgeExpired(nowMs);
		evicting ||= over(1);
		const batches = Math.max(MAX_BATCHES, Math.ceil((2 * stored) / BATCH));
		for (let batch = 0; evicting && batch < batches; batch++) {
			const removed = inTransaction(db, () => {
				const rows = dropLeastUsed.all(BATCH);
				for (const { ns } of rows) countEviction.run(ns ?? null);
				return rows.length;
			});
			evicting = removed > 0 && over(LOW_WATER);
		}
	};
}
