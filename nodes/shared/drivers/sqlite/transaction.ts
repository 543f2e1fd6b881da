import type { DatabaseSync } from 'node:sqlite';
import { isBusy } from './attempt';

/** How long a write waits for another process's, in ms: n8n does nothing else meanwhile. Theirs take a few. */
export const BUSY_TIMEOUT_MS = 200;
/** Once that was in vain, writes are tried without a wait, and after this time one of them waits again. */
const WAIT_AGAIN_AFTER_MS = 2_000;
/** For so long the lock is taken for contended, and then for held by a process that was stopped in the middle of a write. */
const CONTENDED_FOR_MS = 1_000;
/** What was refused longer ago has nothing to do with what is refused now. */
const FORGET_AFTER_MS = 10_000;

/** When another process began to keep this one from writing, and when that was waited for last. */
interface Refusals {
	sinceMs: number;
	waitedMs: number;
}

const refused = new WeakMap<DatabaseSync, Refusals>();

/**
 * Runs work in a write transaction; rolled back on any error. Where another process holds the lock, this waits for it a
 * moment, and then not again for a while: one that was stopped in the middle of a write would cost n8n that moment with
 * every miss.
 */
export function inTransaction<T>(db: DatabaseSync, work: () => T): T {
	beginWriting(db);
	return untilCommit(db, work);
}

/** Runs several reads as one read transaction: each alone would open and close its own. */
export function inReading<T>(db: DatabaseSync, reads: number, work: () => T): T {
	if (reads < 2) return work();
	db.exec('BEGIN');
	return untilCommit(db, work);
}

/** True where a write was refused since another process was writing, and that may be over in a moment. */
export function isContended(db: DatabaseSync): boolean {
	const { sinceMs = -Infinity } = refused.get(db) ?? {};
	return performance.now() - sinceMs < CONTENDED_FOR_MS;
}

function untilCommit<T>(db: DatabaseSync, work: () => T): T {
	try {
		const result = work();
		db.exec('COMMIT');
		return result;
	} catch (error) {
		if (db.isTransaction) db.exec('ROLLBACK');
		throw error;
	}
}

function beginWriting(db: DatabaseSync): void {
	const before = refused.get(db);
	const agoMs = before === undefined ? Infinity : performance.now() - before.waitedMs;
	const waits = agoMs > WAIT_AGAIN_AFTER_MS;
	if (!waits) db.exec('PRAGMA busy_timeout = 0');
	try {
		db.exec('BEGIN IMMEDIATE');
		if (before) refused.delete(db);
	} catch (error) {
		if (waits && isBusy(error)) {
			const waitedMs = performance.now();
			const sinceMs = before && agoMs < FORGET_AFTER_MS ? before.sinceMs : waitedMs;
			refused.set(db, { sinceMs, waitedMs });
		}
		throw error;
	} finally {
		if (!waits) db.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
	}
}
