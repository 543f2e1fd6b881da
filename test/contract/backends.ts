import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectRedis } from '../../nodes/shared/drivers/redis/connect';
import { redisCacheStore } from '../../nodes/shared/drivers/redis/cacheStore';
import { CACHE_SCHEMA } from '../../nodes/shared/drivers/sqlite/cacheSchema';
import { sqliteCacheStore } from '../../nodes/shared/drivers/sqlite/cacheStore';
import { openDatabase } from '../../nodes/shared/drivers/sqlite/openDatabase';
import { systemClock } from '../../nodes/shared/drivers/systemClock';
import type { CacheStore } from '../../nodes/shared/ports/CacheStore';
import { startRedis, type RedisServer } from '../../scripts/lib/redisServer.mjs';

/** A backend under the contract suite; `reopen` gives a second client of the same data, as another process has. */
export interface BackendUnderTest {
	store: CacheStore;
	reopen(): CacheStore;
	close(): Promise<void>;
}

export type StartBackend = () => Promise<BackendUnderTest>;

const LIMITS = { maxBytes: 1e9, maxEntries: 1e6 };

export const redisSettings = (port: number) => ({
	mode: 'standalone' as const,
	host: '127.0.0.1',
	port,
	user: '',
	password: '',
	database: 0,
	nodes: '',
	sentinelName: '',
	sentinelPassword: '',
	tls: false,
	tlsCa: '',
	tlsCert: '',
	tlsKey: '',
	tlsVerify: true,
});

export async function startSqlite(): Promise<BackendUnderTest> {
	const folder = mkdtempSync(join(tmpdir(), 'prompt-cache-'));
	const opened: Array<{ close(): void }> = [];
	const open = (): CacheStore => {
		const { db } = openDatabase(join(folder, 'cache.sqlite'), CACHE_SCHEMA, 0);
		opened.push(db);
		return sqliteCacheStore(db, systemClock, LIMITS);
	};
	return {
		store: open(),
		reopen: open,
		close: async () => {
			for (const db of opened) db.close();
			rmSync(folder, { recursive: true, force: true });
		},
	};
}

export async function startRedisBackend(): Promise<BackendUnderTest> {
	const server: RedisServer = await startRedis();
	const clients: Array<ReturnType<typeof connectRedis>> = [];
	const open = (): CacheStore => {
		const client = connectRedis(redisSettings(server.port));
		clients.push(client);
		return redisCacheStore(client, 'pc:');
	};
	return {
		store: open(),
		reopen: open,
		close: async () => {
			for (const client of clients) client.disconnect();
			await server.close();
		},
	};
}
