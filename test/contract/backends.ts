import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
	connectRedis,
	type RedisClient,
	type RedisSettings,
} from '../../nodes/shared/drivers/redis/connect';
import { redisCacheStore } from '../../nodes/shared/drivers/redis/cacheStore';
import { CACHE_SCHEMA } from '../../nodes/shared/drivers/sqlite/cacheSchema';
import { sqliteCacheStore } from '../../nodes/shared/drivers/sqlite/cacheStore';
import { openDatabase } from '../../nodes/shared/drivers/sqlite/openDatabase';
import { systemClock } from '../../nodes/shared/drivers/systemClock';
import type { CacheStore } from '../../nodes/shared/ports/CacheStore';
import { startRedis } from '../../scripts/lib/redisServer.mjs';
import type { EnsuredServer } from '../../scripts/lib/servers.mjs';
import { startCluster } from '../support/redisCluster';

/** A backend under the contract suite; `reopen` gives a second client of the same data, as another process has. */
export interface BackendUnderTest {
	store: CacheStore;
	reopen(): CacheStore;
	close(): Promise<void>;
}

export type StartBackend = () => Promise<BackendUnderTest>;

const LIMITS = { maxBytes: 1e9, maxEntries: 1e6 };

export const redisSettings = (port: number): RedisSettings => ({
	mode: 'standalone',
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

function overRedis(settings: RedisSettings, end: () => Promise<void>): BackendUnderTest {
	const clients: RedisClient[] = [];
	const open = (): CacheStore => {
		const client = connectRedis(settings);
		clients.push(client);
		return redisCacheStore(client, 'pc:', systemClock);
	};
	return {
		store: open(),
		reopen: open,
		close: async () => {
			for (const client of clients) client.disconnect();
			await end();
		},
	};
}

export async function startRedisBackend(launcher?: string[]): Promise<BackendUnderTest> {
	const server = await startRedis({ launcher });
	return overRedis(redisSettings(server.port), () => server.close());
}

async function startClusterBackend(): Promise<BackendUnderTest> {
	const cluster = await startCluster();
	const settings: RedisSettings = { ...redisSettings(0), mode: 'cluster', nodes: cluster.list };
	return overRedis(settings, () => cluster.close());
}

export type Backend = { name: string } & ({ start: StartBackend } | { missing: string });

/** Redis 8 and Valkey 8, fetched on first use, or why they cannot be had. */
export function fetchedServers(): Record<'redis8' | 'valkey8', EnsuredServer> {
	const script = join(__dirname, '..', '..', 'scripts', 'fetch-servers.mjs');
	const printed = execFileSync(process.execPath, [script], { encoding: 'utf8' });
	return JSON.parse(printed) as Record<'redis8' | 'valkey8', EnsuredServer>;
}

/** Servers that the environment names: PROMPT_CACHE_REDIS_URLS, `redis://host:port`, comma separated. */
function namedServers(): Backend[] {
	const urls = (process.env.PROMPT_CACHE_REDIS_URLS ?? '').split(',').filter((url) => url !== '');
	return urls.map((url) => {
		const { hostname: host, port } = new URL(url);
		const settings = { ...redisSettings(Number(port)), host };
		return { name: url, start: async () => overRedis(settings, async () => undefined) };
	});
}

/** Every backend that is to be had here; one that is not says why. Fetches servers on first use. */
export function allBackends(): Backend[] {
	const servers = fetchedServers();
	const fetched = (name: string, server: EnsuredServer): Backend =>
		server.found
			? { name, start: () => startRedisBackend(server.launcher) }
			: { name, missing: server.reason };
	return [
		{ name: 'SQLite', start: startSqlite },
		{ name: "the system's Redis", start: () => startRedisBackend() },
		fetched('Redis 8', servers.redis8),
		fetched('Valkey 8', servers.valkey8),
		{ name: 'Redis Cluster', start: startClusterBackend },
		...namedServers(),
	];
}
