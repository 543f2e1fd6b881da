import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Redis from 'ioredis';
import { freePort } from '../../scripts/lib/freePort.mjs';
import { startRedis, type RedisServer } from '../../scripts/lib/redisServer.mjs';
import { until } from './redisCluster';

export interface SentinelSet {
	/** `host:port` of the sentinel. */
	list: string;
	name: string;
	primary: RedisServer;
	replica: RedisServer;
	/** The port that the sentinel takes for the primary's. */
	primaryPort(): Promise<number>;
	close(): Promise<void>;
}

/** A primary, its replica, and one sentinel that fails over half a second after the primary falls silent. */
export async function startSentinel(): Promise<SentinelSet> {
	const folder = mkdtempSync(join(tmpdir(), 'prompt-cache-sentinel-'));
	const primary = await startRedis({ args: ['--repl-diskless-sync-delay', '0'] });
	const replica = await startRedis({ args: ['--replicaof', `127.0.0.1 ${primary.port}`] });
	const port = await freePort();
	const config = join(folder, 'sentinel.conf');
	writeFileSync(
		config,
		[
			`port ${port}`,
			'bind 127.0.0.1',
			`dir ${folder}`,
			`sentinel monitor cache 127.0.0.1 ${primary.port} 1`,
			'sentinel down-after-milliseconds cache 500',
			'sentinel failover-timeout cache 3000',
		].join('\n'),
	);
	const child = spawn('redis-server', [config, '--sentinel'], { stdio: 'ignore' });
	const client = new Redis(port, '127.0.0.1', { retryStrategy: () => 50 });
	client.on('error', () => undefined);
	const primaryPort = async (): Promise<number> => {
		const [, found] = (await client.call(
			'SENTINEL',
			'get-master-addr-by-name',
			'cache',
		)) as string[];
		return Number(found);
	};
	await until(async () => {
		const replicas = (await client.call('SENTINEL', 'replicas', 'cache')) as string[][];
		const flat = replicas.flat();
		return flat[flat.indexOf('master-link-status') + 1] === 'ok';
	}, 800);
	return {
		list: `127.0.0.1:${port}`,
		name: 'cache',
		primary,
		replica,
		primaryPort,
		close: async () => {
			client.disconnect();
			const ended = new Promise((resolve) => child.once('close', resolve));
			child.kill('SIGKILL');
			await ended;
			await Promise.all([primary.close(), replica.close()]);
			rmSync(folder, { recursive: true, force: true });
		},
	};
}
