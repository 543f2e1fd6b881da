import Redis, { type Cluster, type RedisOptions } from 'ioredis';

/** A connection to one server, to a Sentinel group, or to a cluster. */
export type RedisClient = Redis | Cluster;

/** Where and how to reach Redis; the fields of the credential. */
export interface RedisSettings {
	mode: 'standalone' | 'sentinel' | 'cluster';
	host: string;
	port: number;
	user: string;
	password: string;
	database: number;
	/** `host:port` of the sentinels or cluster nodes, comma separated. */
	nodes: string;
	sentinelName: string;
	sentinelPassword: string;
	tls: boolean;
	/** PEM; empty: the system's authorities. */
	tlsCa: string;
	tlsCert: string;
	tlsKey: string;
	tlsVerify: boolean;
}

const CONNECT_TIMEOUT_MS = 2_000;
const COMMAND_TIMEOUT_MS = 5_000;
const DISCONNECT_TIMEOUT_MS = 200;
const BEGIN_AGAIN_MS = 100;
const LONGEST_RETRY_MS = 2_000;

/**
 * A client that connects on first use, bounds every command, reconnects by itself, and does not keep a process alive
 * while nothing is asked of it (a cluster's does: its client watches the nodes).
 * Errors reach the callers of commands; the client's own error events are only listened to.
 */
export function connectRedis(settings: RedisSettings): RedisClient {
	const { user, password, database, host, port } = settings;
	const options: RedisOptions = {
		username: user || undefined,
		password: password || undefined,
		tls: tlsOptions(settings),
		lazyConnect: true,
		connectTimeout: CONNECT_TIMEOUT_MS,
		commandTimeout: COMMAND_TIMEOUT_MS,
		disconnectTimeout: DISCONNECT_TIMEOUT_MS,
		maxRetriesPerRequest: 1,
		retryStrategy: (attempt) => Math.min(attempt * 50, LONGEST_RETRY_MS),
		connectionName: 'n8n-prompt-cache',
	};
	const client = createClient();
	// Without a listener an 'error' event would end the process; commands report their own errors.
	client.on('error', () => undefined);
	client.on('connect', () => {
		if ('stream' in client) client.stream.unref();
	});
	return client;

	function createClient(): RedisClient {
		if (settings.mode === 'cluster') {
			return new Redis.Cluster(parseNodes(settings.nodes, 6379), {
				lazyConnect: true,
				redisOptions: options,
				clusterRetryStrategy: (attempt) => Math.min(attempt * 50, LONGEST_RETRY_MS),
			});
		}
		if (settings.mode === 'sentinel') {
			const sentinel = new Redis({
				...options,
				db: database,
				sentinels: parseNodes(settings.nodes, 26379),
				name: settings.sentinelName,
				// A primary that hangs keeps its connections: the sentinels tell when another took over.
				failoverDetector: true,
				// A primary that was demoted keeps its connections too, and says so at the next write.
				reconnectOnError: (error) => error.message.startsWith('READONLY'),
				sentinelPassword: settings.sentinelPassword || undefined,
				sentinelRetryStrategy: (attempt) => Math.min(attempt * 50, LONGEST_RETRY_MS),
			});
			beginAgainAfterFailover(sentinel);
			return sentinel;
		}
		return new Redis({ ...options, host, port, db: database });
	}
}

/**
 * A failover that its detector notices while it is connecting ends ioredis's client for good (seen in 5.11.1):
 * it connects anew, unless it was closed from outside.
 */
function beginAgainAfterFailover(client: Redis): void {
	let closed = false;
	const disconnect = client.disconnect.bind(client);
	client.disconnect = (reconnect) => {
		closed = reconnect !== true;
		disconnect(reconnect);
	};
	client.on('end', () => {
		if (closed) return;
		setTimeout(() => void client.connect().catch(() => undefined), BEGIN_AGAIN_MS).unref();
	});
}

function tlsOptions({
	tls,
	tlsCa,
	tlsCert,
	tlsKey,
	tlsVerify,
}: RedisSettings): RedisOptions['tls'] {
	if (!tls) return undefined;
	return {
		ca: tlsCa || undefined,
		cert: tlsCert || undefined,
		key: tlsKey || undefined,
		rejectUnauthorized: tlsVerify,
	};
}

function parseNodes(list: string, defaultPort: number): Array<{ host: string; port: number }> {
	return list
		.split(',')
		.map((node) => node.trim())
		.filter((node) => node !== '')
		.map((node) => {
			const [host = '', port] = node.split(':');
			return { host, port: port ? Number(port) : defaultPort };
		});
}
