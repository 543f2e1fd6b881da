import { statSync, writeFileSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { StoreUnavailable } from '../../core/errors';

const DAMAGED_CODES = [11 /* SQLITE_CORRUPT */, 26 /* SQLITE_NOTADB */];
/** How often a database in use looks whether its file is still the one at its path. */
const LOOK_EVERY_MS = 1_000;

/** Which file an open database is. */
interface OpenedFile {
	path: string;
	inode: number | undefined;
	lookedMs: number;
	whenLost?: () => void;
}

const opened = new WeakMap<DatabaseSync, OpenedFile>();

/** True for errors that only a damaged file gives. */
export function isDamaged(error: unknown): boolean {
	const { errcode } = error as { errcode?: number };
	return errcode !== undefined && DAMAGED_CODES.includes(errcode & 0xff);
}

/** Stands beside a file in which damage was met: the next one to open it sets it aside. */
export const damageMark = (path: string): string => `${path}.damaged`;

/** Remembers which file a database is: another may take its place while this one is open. */
export function rememberFile(db: DatabaseSync, path: string): void {
	opened.set(db, { path, inode: inodeAt(path), lookedMs: performance.now() });
}

/** Calls back, once, where this database is to be closed and opened anew: damage was met in it, or another file is in its place. */
export function whenLost(db: DatabaseSync, callback: () => void): void {
	const file = opened.get(db);
	if (file) file.whenLost = callback;
}

/**
 * Another process sets a damaged file aside, or somebody deletes or replaces it: what went on with the old one would serve
 * what was invalidated since, and write what nobody reads. Looks at most once a second.
 * @throws StoreUnavailable where the file is not at its path any more
 */
export function expectInPlace(db: DatabaseSync): void {
	const file = opened.get(db);
	const nowMs = performance.now();
	if (!file || nowMs - file.lookedMs < LOOK_EVERY_MS) return;
	if (isInPlace(file)) {
		file.lookedMs = nowMs;
		return;
	}
	lose(file);
	throw new StoreUnavailable(
		'The cache file was moved, replaced or deleted',
		'The next call opens the file that is there now, or begins a new one.',
	);
}

/** Marks the file of a database in which damage was met: opening alone does not find a bad page in its middle. */
export function markDamage(db: DatabaseSync): void {
	const file = opened.get(db);
	if (!file) return;
	try {
		if (isInPlace(file)) writeFileSync(damageMark(file.path), '');
	} catch (error) {
		// A folder that cannot be written: nothing can be set aside, and the mark waits for the next time.
		if ((error as NodeJS.ErrnoException).code === undefined) throw error;
		return;
	}
	lose(file);
}

function isInPlace({ path, inode }: OpenedFile): boolean {
	try {
		return inodeAt(path) === inode;
	} catch {
		// Where it cannot be looked at, nothing speaks for another: what is open can still be read.
		return true;
	}
}

function inodeAt(path: string): number | undefined {
	return statSync(path, { throwIfNoEntry: false })?.ino;
}

function lose(file: OpenedFile): void {
	const { whenLost: callback } = file;
	file.whenLost = undefined;
	callback?.();
}
