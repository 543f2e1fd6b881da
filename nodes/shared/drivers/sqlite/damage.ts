import { existsSync, statSync, writeFileSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';

const DAMAGED_CODES = [11 /* SQLITE_CORRUPT */, 26 /* SQLITE_NOTADB */];

/** True for errors that only a damaged file gives. */
export function isDamaged(error: unknown): boolean {
	const { errcode } = error as { errcode?: number };
	return errcode !== undefined && DAMAGED_CODES.includes(errcode & 0xff);
}

/** Stands beside a file in which damage was met: the next process to open it sets it aside. */
export const damageMark = (path: string): string => `${path}.damaged`;

const opened = new WeakMap<DatabaseSync, { path: string; inode: number }>();

/** Remembers which file a database is, so that its damage is not laid to one that took its place. */
export function rememberFile(db: DatabaseSync, path: string): void {
	if (existsSync(path)) opened.set(db, { path, inode: statSync(path).ino });
}

/** Marks the file of a database in which damage was met: opening alone does not find a bad page in its middle. */
export function markDamage(db: DatabaseSync): void {
	const file = opened.get(db);
	if (!file || !existsSync(file.path) || statSync(file.path).ino !== file.inode) return;
	try {
		writeFileSync(damageMark(file.path), '');
	} catch (error) {
		// A folder that cannot be written: the mark waits for the next time.
		if ((error as NodeJS.ErrnoException).code === undefined) throw error;
	}
}
