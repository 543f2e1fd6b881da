import type { DatabaseSync } from 'node:sqlite';
import type { createStats } from './stats';
import { inTransaction } from './transaction';

/** A hit must not cost a write, nor wait for one: what it would write is gathered, and written at most this often. */
const WRITE_EVERY_MS = 1_000;
/** Times of last use that are remembered between two writes. */
const MAX_USED = 20_000;

/** Gathers times of last use and counters, and writes both in one transaction. */
export function createLaterWrites(db: DatabaseSync, stats: ReturnType<typeof createStats>) {
	const touch = db.prepare('UPDATE cache_entries SET used_at = ? WHERE rowid = ?');
	let used = new Map<number, number>();
	let writtenAtMs = 0;

	return {
		used(rowid: number, nowMs: number): void {
			if (used.size < MAX_USED) used.set(rowid, nowMs);
		},
		/** Writes, if it is time to. */
		write(nowMs: number): void {
			if (Math.abs(nowMs - writtenAtMs) < WRITE_EVERY_MS) return;
			writtenAtMs = nowMs;
			const rows = used;
			used = new Map();
			inTransaction(db, () => {
				for (const [rowid, atMs] of rows) touch.run(atMs, rowid);
				stats.write();
			});
			stats.written();
		},
	};
}
