import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type * as Sqlite from 'node:sqlite';
import { StoreUnavailable } from '../../core/errors';
import { isBusy } from './attempt';
import { damageMark, isDamaged, rememberFile } from './openedFile';
import { BUSY_TIMEOUT_MS, inTransaction } from './transaction';

/** A database and what had to be done to open it. */
export interface OpenedDatabase {
	db: Sqlite.DatabaseSync;
	/** Set where a damaged file was put aside. */
	setAsidePath?: string;
}

/** How long others may take to open the same file first. They take milliseconds, unless they are stopped in the middle of it. */
const LOCK_TIMEOUT_MS = 2_000;
/** Until then, a file whose lock was not to be had is not waited for again: n8n does nothing else meanwhile. */
const WAIT_AGAIN_AFTER_MS = 10_000;
/** Pages kept in memory. The file is not mapped: where it is cut short in place, a touch of the map would end n8n. */
const CACHE_KIB = 16_000;

/** Raised whenever a table changes shape. */
const SCHEMA_VERSION = 1;

/**
 * Opens (and creates) a SQLite file in WAL mode. A damaged file, or one of another version, is renamed to
 * `<file>.damaged-<time>` or `<file>.version-<time>` and a new one begun. A file in order is not written to, so that it
 * opens while another process writes.
 * WAL needs shared memory: the file must be on a local disk, not on a network share.
 * @throws StoreUnavailable where Node has no `node:sqlite` or the folder cannot be written
 */
export function openDatabase(path: string, schema: string, nowMs: number): OpenedDatabase {
	try {
		mkdirSync(dirname(path), { recursive: true });
		return alone(path, () => openOrBegin(path, schema, nowMs));
	} catch (error) {
		throw unavailable(path, error);
	}
}

const lockRefusedAtMs = new Map<string, number>();

/**
 * One process at a time: two that begin a file together would each take the other's for a foreign one; of two that
 * find the same damage the second would set aside what the first has just begun; and one that opens a file while
 * another sets it aside would lay a new log to an old file.
 * The lock is SQLite's own, on an empty file beside it; it ends with the process that holds it.
 */
function alone<T>(path: string, work: () => T): T {
	const refusedAtMs = lockRefusedAtMs.get(path) ?? -Infinity;
	const waits = performance.now() - refusedAtMs > WAIT_AGAIN_AFTER_MS;
	const lock = new (sqlite().DatabaseSync)(`${path}.lock`);
	try {
		lock.exec(`PRAGMA busy_timeout = ${waits ? LOCK_TIMEOUT_MS : 0}; BEGIN EXCLUSIVE`);
		lockRefusedAtMs.delete(path);
		return work();
	} catch (error) {
		if (waits && isBusy(error)) lockRefusedAtMs.set(path, performance.now());
		throw error;
	} finally {
		lock.close();
	}
}

function openOrBegin(path: string, schema: string, nowMs: number): OpenedDatabase {
	try {
		if (existsSync(damageMark(path))) throw new Unfit('damaged');
		return { db: open(path, schema, false) };
	} catch (error) {
		const why = isDamaged(error) ? 'damaged' : error instanceof Unfit ? error.why : undefined;
		if (why === undefined) throw error;
		if (why === 'new') return { db: open(path, schema, true) };
		const setAsidePath = `${path}.${why}-${nowMs}`;
		// The file itself goes last: where this process ends in between, the next must not lay an old log to a new file.
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
function open(path: string, schema: string, anew: boolean): Sqlite.DatabaseSync {
	const db = new (sqlite().DatabaseSync)(path);
	try {
		db.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
		if (anew) db.exec('PRAGMA auto_vacuum = INCREMENTAL');
		else expectBegun(db);
		db.exec(
			`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -${CACHE_KIB}`,
		);
		// The version last: a file that has it has its tables too.
		if (anew || lacks(db, schema)) {
			inTransaction(db, () => db.exec(`${schema}; PRAGMA user_version = ${SCHEMA_VERSION}`));
		}
		rememberFile(db, path);
		return db;
	} catch (error) {
		db.close();
		throw error;
	}
}

/** True where the schema makes something that is not there: who began the file needed less of it, or was an earlier version. */
function lacks(db: Sqlite.DatabaseSync, schema: string): boolean {
	const there = new Set(
		db
			.prepare('SELECT name FROM sqlite_master')
			.all()
			.map(({ name }) => name),
	);
	return [...schema.matchAll(/IF NOT EXISTS (\w+)/g)].some(([, name = '']) => !there.has(name));
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
		isBusy(error)
			? `Another process holds ${path}; it is tried again with the next call.`
			: `n8n must be able to write to ${path}`,
		{ cause: error },
	);
}
