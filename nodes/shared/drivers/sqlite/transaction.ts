import type { DatabaseSync } from 'node:sqlite';

/** Runs work in a write transaction; rolled back on any error. */
export function inTransaction<T>(db: DatabaseSync, work: () => T): T {
	db.exec('BEGIN IMMEDIATE');
	try {
		const result = work();
		db.exec('COMMIT');
		return result;
	} catch (error) {
		if (db.isTransaction) db.exec('ROLLBACK');
		throw error;
	}
}

/** Runs several reads as one read transaction: each alone would open and close its own. */
export function inReading<T>(db: DatabaseSync, reads: number, work: () => T): T {
	if (reads < 2) return work();
	db.exec('BEGIN');
	try {
		return work();
	} finally {
		db.exec('COMMIT');
	}
}
