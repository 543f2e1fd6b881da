import type { ITriggerFunctions, IWebhookFunctions } from 'n8n-workflow';
import { ConfigError } from '../core/errors';
import {
	embeddedConnection,
	redisConnection,
	type Connection,
	type RedisCredential,
} from './connections';
import { triggerFolder } from './triggerFolder';

/**
 * The backend that a trigger's parameters name, as a function that opens it or takes it from the pool:
 * a trigger lives longer than an idle connection.
 * @throws ConfigError on an unknown backend
 */
export async function triggerBackend(
	ctx: ITriggerFunctions | IWebhookFunctions,
	backend: string,
): Promise<() => Connection> {
	if (backend === 'embedded') {
		const folder = triggerFolder();
		return () => embeddedConnection(folder);
	}
	if (backend === 'redis') {
		const credential = await ctx.getCredentials<RedisCredential>('promptCacheRedisApi');
		return () => redisConnection(credential);
	}
	throw new ConfigError(
		`"${backend}" is not a backend`,
		'Backend',
		'Choose "embedded" or "redis".',
	);
}
