import { hash } from 'node:crypto';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { ConfigError } from '../core/errors';
import { attempt } from '../drivers/redis/attempt';
import { attempt as attemptSqlite } from '../drivers/sqlite/attempt';
import { redisCacheStore } from '../drivers/redis/cacheStore';
import { connectRedis, type RedisClient, type RedisSettings } from '../drivers/redis/connect';
import { redisSemanticMemory } from '../drivers/redis/semanticMemory';
import { redisVectorList } from '../drivers/redis/vectorList';
import { hasVectorSearch, redisVectorSearch } from '../drivers/redis/vectorSearch';
import { hasVectorSets, redisVectorSet } from '../drivers/redis/vectorSet';
import { CACHE_SCHEMA } from '../drivers/sqlite/cacheSchema';
import { sqliteCacheStore } from '../drivers/sqlite/cacheStore';
import { openDatabase } from '../drivers/sqlite/openDatabase';
import { whenLost } from '../drivers/sqlite/openedFile';
import { MEMORY_SCHEMA, sqliteSemanticMemory } from '../drivers/sqlite/semanticMemory';
import { VECTOR_SCHEMA } from '../drivers/sqlite/vectorSchema';
import { sqliteVectorIndex } from '../drivers/sqlite/vectorIndex';
import { systemClock } from '../drivers/systemClock';
import type { CacheStore } from '../ports/CacheStore';
import type { Clock } from '../ports/Clock';
import type { GuardedStore } from '../ports/GuardedStore';
import type { SemanticMemory } from '../ports/SemanticMemory';
import type { VectorIndex } from '../ports/VectorIndex';
import { guardStore } from '../services/circuitBreaker';
import { createLeaseKeeper, type LeaseKeeper } from '../services/leaseKeeper';
import { bookLostCall } from './bookLostCall';
import { createPendingRequests, type PendingRequests } from '../services/pendingRequests';

/** A backend that all nodes of this process share. */
export interface Connection {
	store: GuardedStore;
	clock: Clock;
	leases: LeaseKeeper;
	pending: PendingRequests;
	encryptionKeys: readonly Buffer[];
	/** Where prompts are found by nearness: the best that the backend can do. */
	vectorIndex(): Promise<VectorIndex>;
	/** What semantic matching learns. */
	memory: SemanticMemory;
	/** The live handle, for other tables in the same place (the cost ledger). */
	handle:
		{ kind: 'sqlite'; db: DatabaseSync } | { kind: 'redis'; client: RedisClient; prefix: string };
	/** Something the operator should know, once: a damaged file was set aside. */
	notice?: string;
}

/** Limits of the embedded cache; from the environment, since one file serves all workflows. */
const MAX_BYTES = Number(process.env.N8N_PROMPT_CACHE_MAX_BYTES ?? 1024 ** 3);
const MAX_ENTRIES = Number(process.env.N8N_PROMPT_CACHE_MAX_ENTRIES ?? 2_000_000);
const IDLE_MS = 5 * 60_000;

interface Pooled {
	connection: Connection;
	idle: NodeJS.Timeout;
	/** When it was asked for last, by this process's monotonic clock. */
	usedMs: number;
	close(): void;
}

/** n8n tells packages nothing of a reload or shutdown: the pool outlives both, and closes what idles. */
const POOL = Symbol.for('n8n-nodes-prompt-cache.pool.v1');
const pool = ((globalThis as Record<symbol, unknown>)[POOL] ??= new Map()) as Map<string, Pooled>;

function pooled(name: string, open: () => { connection: Connection; close(): void }): Connection {
	const known = pool.get(name);
	if (known) {
		known.usedMs = performance.now();
		return known.connection;
	}
	const opened = open();
	const { connection } = opened;
	const { run } = connection.store;
	let running = 0;
	// Looked at now and then: to begin a timer anew with every lookup would cost more than the rest of this.
	const closeIfIdle = () => {
		if (running === 0 && performance.now() - entry.usedMs > IDLE_MS) closeConnection(name);
	};
	const idle = setInterval(closeIfIdle, IDLE_MS / 4).unref();
	const entry: Pooled = { ...opened, idle, usedMs: performance.now() };
	// An export may take longer than a connection may idle, and a trigger holds its connection for days.
	connection.store.run = async (work, timeoutMs) => {
		running += 1;
		entry.usedMs = performance.now();
		try {
			return await run(work, timeoutMs);
		} finally {
			running -= 1;
		}
	};
	pool.set(name, entry);
	return connection;
}

function closeConnection(name: string): void {
	const known = pool.get(name);
	if (!known) return;
	pool.delete(name);
	clearInterval(known.idle);
	known.close();
}

/** Closes every pooled connection; for tests and command lines, n8n itself never calls it. */
export function closeConnections(): void {
	for (const name of [...pool.keys()]) closeConnection(name);
}

/** Of the process and not of a connection: one that idled while a model answered is closed, and opened anew for the store. */
const pending = createPendingRequests();

function assemble(
	store: CacheStore,
	handle: Connection['handle'],
	encryptionKeys: readonly Buffer[],
	release: () => void,
): { connection: Connection; close(): void } {
	const guarded = guardStore(store);
	const leases = createLeaseKeeper(guarded, systemClock, ({ namespace }) =>
		bookLostCall(connection, namespace),
	);
	let index: Promise<VectorIndex> | undefined;
	const connection: Connection = {
		store: guarded,
		clock: systemClock,
		leases,
		pending,
		encryptionKeys,
		memory: openMemory(handle),
		vectorIndex: () =>
			(index ??= openVectorIndex(handle, guarded).catch((error: unknown) => {
				index = undefined;
				throw error;
			})),
		handle,
	};
	return {
		connection,
		close() {
			leases.close();
			guarded.close();
			release();
		},
	};
}

function openMemory(handle: Connection['handle']): SemanticMemory {
	return handle.kind === 'sqlite'
		? sqliteSemanticMemory(handle.db, systemClock)
		: redisSemanticMemory(handle.client, handle.prefix);
}

const DETECT_TIMEOUT_MS = 2_000;

async function openVectorIndex(
	handle: Connection['handle'],
	store: GuardedStore,
): Promise<VectorIndex> {
	if (handle.kind === 'sqlite') return sqliteVectorIndex(handle.db, systemClock);
	const { client, prefix } = handle;
	const detect = () => attempt(Promise.all([hasVectorSets(client), hasVectorSearch(client)]));
	const [vectorSets, vectorSearch] = await store.run(detect, DETECT_TIMEOUT_MS);
	if (vectorSets) return redisVectorSet(client, prefix);
	return vectorSearch ? redisVectorSearch(client, prefix) : redisVectorList(client, prefix);
}

/**
 * The SQLite file in this package's folder.
 * @throws StoreUnavailable where it cannot be opened
 */
export function embeddedConnection(folder: string): Connection {
	const name = `sqlite:${folder}`;
	return pooled(name, () => {
		const path = join(folder, 'cache.sqlite');
		const schema = CACHE_SCHEMA + VECTOR_SCHEMA + MEMORY_SCHEMA;
		const { db, setAsidePath } = openDatabase(path, schema, systemClock.nowMs());
		try {
			const opened = attemptSqlite(() => overSqlite(db, setAsidePath), db);
			whenLost(db, () => closeConnection(name));
			return opened;
		} catch (error) {
			// Tables of another version, for one: the next call tries again, and no handle is left behind.
			db.close();
			throw error;
		}
	});
}

function overSqlite(db: DatabaseSync, setAsidePath: string | undefined) {
	const limits = { maxBytes: MAX_BYTES, maxEntries: MAX_ENTRIES };
	const store = sqliteCacheStore(db, systemClock, limits);
	const assembled = assemble(store, { kind: 'sqlite', db }, [], () => db.close());
	if (setAsidePath) {
		assembled.connection.notice = `The cache file was damaged or of another version; it was set aside as ${setAsidePath} and a new one begun`;
	}
	return assembled;
}

export type RedisCredential = RedisSettings & { keyPrefix: string; encryptionKeys: string };

/**
 * The Redis of a credential; connects on first use.
 * @throws ConfigError where an encryption key is not one
 */
export function redisConnection(credential: RedisCredential): Connection {
	return pooled(nameOf(credential), () => {
		const keys = parseEncryptionKeys(credential.encryptionKeys);
		const client = connectRedis(credential);
		const prefix = credential.keyPrefix;
		const handle = { kind: 'redis', client, prefix } as const;
		return assemble(redisCacheStore(client, prefix, systemClock), handle, keys, () =>
			client.disconnect(),
		);
	});
}

const names = new WeakMap<RedisCredential, string>();

/** A trigger asks for its connection with every request, and with the same object. */
function nameOf(credential: RedisCredential): string {
	let name = names.get(credential);
	if (name === undefined) {
		name = `redis:${hash('sha256', JSON.stringify(credential))}`;
		names.set(credential, name);
	}
	return name;
}

function parseEncryptionKeys(list: string): Buffer[] {
	return list
		.split(',')
		.map((key) => key.trim())
		.filter((key) => key !== '')
		.map((key) => {
			if (/^[0-9a-f]{64}$/i.test(key)) return Buffer.from(key, 'hex');
			throw new ConfigError(
				'An encryption key must have 64 hex characters (32 bytes)',
				'Encryption Keys',
				'Make one with: openssl rand -hex 32',
			);
		});
}
