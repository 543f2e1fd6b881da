import type { DatabaseSync } from 'node:sqlite';

/** How long a statement waits for another process, at most. */
export const BUSY_TIMEOUT_MS = 5_000;

/** Runs work in a write transaction; rolled back on any error. */
export function inTransaction<T>(db: DatabaseSync, work: () => T): T {
	return between(db, 'BEGIN IMMEDIATE', work);
}

/** Runs several reads as one read transaction: each alone would open and close its own. */
export function inReading<T>(db: DatabaseSync, reads: number, work: () => T): T {
	return reads < 2 ? work() : between(db, 'BEGIN', work);
}

function between<T>(db: DatabaseSync, begin: string, work: () => T): T {
	db.exec(begin);
	try {
		const result = work();
		db.exec('COMMIT');
		return result;
	} catch (error) {
		if (db.isTransaction) db.exec('ROLLBACK');
		throw error;
	}
}
