import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type * as Sqlite from 'node:sqlite';
import { StoreUnavailable } from '../../core/errors';
import { damageMark, isDamaged, rememberFile } from './damage';

/** A database and what had to be done to open it. */
export interface OpenedDatabase {
	db: Sqlite.DatabaseSync;
	/** Set where a damaged file was put aside. */
	setAsidePath?: string;
}

const BUSY_TIMEOUT_MS = 5_000;
/** Most of the file that is read through memory: SQLite's own limit, above the cache's default size. Address space only. */
const MMAP_BYTES = 2 ** 31 - 65_536;

/** Raised whenever a table changes shape. */
const SCHEMA_VERSION = 1;

/**
 * Opens (and creates) a SQLite file in WAL mode. A damaged file, or one of another version, is renamed to
 * `<file>.damaged-<time>` or `<file>.version-<time>` and a new one begun.
 * WAL needs shared memory: the file must be on a local disk, not on a network share.
 * @throws StoreUnavailable where Node has no `node:sqlite` or the folder cannot be written
 */
export function openDatabase(path: string, schema: string, nowMs: number): OpenedDatabase {
	mkdirOrThrow(dirname(path));
	const mark = damageMark(path);
	let why = 'damaged';
	try {
		if (!existsSync(mark)) return { db: open(path, schema) };
	} catch (error) {
		if (error instanceof OtherVersion) why = 'version';
		else if (!isDamaged(error)) throw unavailable(path, error);
	}
	const setAsidePath = `${path}.${why}-${nowMs}`;
	try {
		renameIfThere(path, setAsidePath);
		for (const suffix of ['-wal', '-shm']) {
			renameIfThere(path + suffix, setAsidePath + suffix);
		}
		rmSync(mark, { force: true });
		return { db: open(path, schema), setAsidePath };
	} catch (error) {
		throw unavailable(path, error);
	}
}

function open(path: string, schema: string): Sqlite.DatabaseSync {
	const db = new (sqlite().DatabaseSync)(path);
	try {
		db.exec(
			`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -16000; PRAGMA mmap_size = ${MMAP_BYTES};`,
		);
		const isNew = isEmpty(db);
		db.exec(schema);
		if (isNew) db.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
		rememberFile(db, path);
		return db;
	} catch (error) {
		db.close();
		throw error;
	}
}

class OtherVersion extends Error {}

/**
 * True for a file that has just been made; a file in order is not written to.
 * @throws OtherVersion where the file has tables of another version
 */
function isEmpty(db: Sqlite.DatabaseSync): boolean {
	const { user_version: version } = db.prepare('PRAGMA user_version').get() ?? {};
	if (version === SCHEMA_VERSION) return false;
	const tables = db.prepare("SELECT count(*) AS n FROM sqlite_master WHERE type = 'table'").get();
	if (Number(tables?.n) > 0) throw new OtherVersion(`the file has version ${version}`);
	return true;
}

/** Loaded on first use: Node before 22.13 does not have it. */
function sqlite(): typeof Sqlite {
	const loaded = process.getBuiltinModule?.('node:sqlite');
	if (loaded) return loaded;
	throw new StoreUnavailable(
		`Node ${process.versions.node} has no embedded SQLite`,
		'Run n8n on Node 22.13 or later, or choose the Redis backend.',
	);
}

function mkdirOrThrow(folder: string): void {
	try {
		mkdirSync(folder, { recursive: true });
	} catch (error) {
		throw unavailable(folder, error);
	}
}

function renameIfThere(from: string, to: string): void {
	try {
		renameSync(from, to);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
	}
}

function unavailable(path: string, error: unknown): StoreUnavailable {
	if (error instanceof StoreUnavailable) return error;
	const detail = error instanceof Error ? error.message : String(error);
	return new StoreUnavailable(
		`The cache file cannot be opened: ${detail}`,
		`n8n must be able to write to ${path}`,
		{ cause: error },
	);
}
