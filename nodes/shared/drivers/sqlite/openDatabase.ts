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
/** Pages kept in memory. The file is not mapped: where it is cut short in place, a touch of the map would end n8n. */
const CACHE_KIB = 16_000;

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
	try {
		return { db: openBegun(path, schema) };
	} catch {
		// New, unfit, or just being set aside by another process: told apart where nobody else is at it.
	}
	try {
		return alone(path, () => openOrBegin(path, schema, nowMs));
	} catch (error) {
		throw unavailable(path, error);
	}
}

/**
 * One process at a time: two that begin a file together would each take the other's for a foreign one, and of two that
 * find the same damage the second would set aside what the first has just begun.
 * The lock is SQLite's own, on an empty file beside it; it ends with the process that holds it.
 */
function alone<T>(path: string, work: () => T): T {
	const lock = new (sqlite().DatabaseSync)(`${path}.lock`);
	try {
		lock.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}; BEGIN EXCLUSIVE`);
		return work();
	} finally {
		lock.close();
	}
}

function openOrBegin(path: string, schema: string, nowMs: number): OpenedDatabase {
	try {
		return { db: openBegun(path, schema) };
	} catch (error) {
		const why = isDamaged(error) ? 'damaged' : error instanceof Unfit ? error.why : undefined;
		if (why === undefined) throw error;
		if (why === 'new') return { db: open(path, schema, true) };
		const setAsidePath = `${path}.${why}-${nowMs}`;
		// The file itself goes last: who opens meanwhile must not lay an old log to a new file.
		for (const suffix of ['-wal', '-shm', '']) renameIfThere(path + suffix, setAsidePath + suffix);
		rmSync(damageMark(path), { force: true });
		return { db: open(path, schema, true), setAsidePath };
	}
}

class Unfit extends Error {
	constructor(readonly why: 'new' | 'damaged' | 'version') {
		super(`the file is ${why}`);
	}
}

/** @throws Unfit, or SQLite's own error, where the file cannot be used as it is */
function openBegun(path: string, schema: string): Sqlite.DatabaseSync {
	if (existsSync(damageMark(path))) throw new Unfit('damaged');
	return open(path, schema, false);
}

function open(path: string, schema: string, anew: boolean): Sqlite.DatabaseSync {
	const db = new (sqlite().DatabaseSync)(path);
	try {
		db.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
		if (!anew) expectBegun(db);
		db.exec(
			`PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -${CACHE_KIB}`,
		);
		if (anew) db.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
		db.exec(schema);
		rememberFile(db, path);
		return db;
	} catch (error) {
		db.close();
		throw error;
	}
}

/** Only reads: a file in order is not written to. */
function expectBegun(db: Sqlite.DatabaseSync): void {
	const { user_version: version } = db.prepare('PRAGMA user_version').get() ?? {};
	if (version === SCHEMA_VERSION) return;
	const tables = db.prepare("SELECT count(*) AS n FROM sqlite_master WHERE type = 'table'").get();
	throw new Unfit(Number(tables?.n) > 0 ? 'version' : 'new');
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
