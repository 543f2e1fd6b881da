import type { DatabaseSync } from 'node:sqlite';
import { StoreUnavailable } from '../../core/errors';
import { expectInPlace, isDamaged, markDamage } from './openedFile';

const BUSY = 5;
/** How often a patient write is tried, about. */
const TRY_EVERY_MS = 40;

const HINTS: ReadonlyMap<number, string> = new Map([
	[
		1,
		'The cache file may be of another version of this package: move it away, and a new one is begun.',
	],
	[BUSY, 'Another process holds the cache file; it is retried on the next call.'],
	[8, 'The cache file or its folder is read-only: give n8n write access.'],
	[10, 'The disk reports errors.'],
	[11, 'The cache file is damaged: it is set aside, and the next call begins a new one.'],
	[13, 'The disk is full: free some space or lower the cache limits.'],
	[26, 'The cache file is damaged: it is set aside, and the next call begins a new one.'],
]);

/** True where another process has the lock. */
export const isBusy = (error: unknown): boolean =>
	((error as { errcode?: number }).errcode ?? 0) % 256 === BUSY;

/** Full disk, read-only file or folder, or a write lock that is not to be had: what is there can still be read. */
const WRITE_FAILURES = [BUSY, 8, 10, 13];

/** What refuses a write while reading goes on, in words; undefined for any other error. */
export function refusedWrite(error: unknown): string | undefined {
	const { errcode } = error as { errcode?: number };
	if (errcode === undefined || !WRITE_FAILURES.includes(errcode & 0xff)) return undefined;
	return `SQLite: ${(error as Error).message}. ${HINTS.get(errcode & 0xff)}`;
}

/**
 * Runs SQLite work and turns its failures into StoreUnavailable with a hint.
 * @param db is closed where damage is met in its file, or another is in its place: the next call opens it anew
 */
export function attempt<T>(work: () => T, db?: DatabaseSync): T {
	if (db) expectInPlace(db);
	try {
		return work();
	} catch (error) {
		throw explained(error, db);
	}
}

/**
 * As attempt, for a write that should not be lost since another process is writing: it is tried again for `mostMs`, and
 * n8n goes on meanwhile.
 */
export async function attemptPatiently<T>(
	work: () => T,
	db: DatabaseSync,
	mostMs: number,
): Promise<T> {
	const untilMs = performance.now() + mostMs;
	for (;;) {
		expectInPlace(db);
		try {
			return work();
		} catch (error) {
			if (!isBusy(error) || performance.now() >= untilMs) throw explained(error, db);
		}
		await new Promise((resolve) => setTimeout(resolve, TRY_EVERY_MS * (0.5 + Math.random())));
	}
}

/** Result codes: SQLite documentation, "Result and Error Codes". */
function explained(error: unknown, db?: DatabaseSync): unknown {
	const { code, errcode, message } = error as {
		code?: string;
		errcode?: number;
		message: string;
	};
	if (code !== 'ERR_SQLITE_ERROR' && code !== 'ERR_INVALID_STATE') return error;
	if (db && isDamaged(error)) markDamage(db);
	const hint = errcode === undefined ? undefined : HINTS.get(errcode & 0xff);
	return new StoreUnavailable(`SQLite: ${message}`, hint, { cause: error });
}
