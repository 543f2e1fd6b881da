import type { ITriggerFunctions, IWebhookFunctions } from 'n8n-workflow';
import { ConfigError } from '../core/errors';
import {
	embeddedConnection,
	redisConnection,
	type Connection,
	type RedisCredential,
} from './connections';
import { triggerFolder } from './triggerFolder';

/** Where a trigger's backend is; plain data, so that another thread can open it too. */
export type BackendPlace =
	{ kind: 'embedded'; folder: string } | { kind: 'redis'; credential: RedisCredential };

/**
 * The backend that a trigger's parameters name.
 * @throws ConfigError on an unknown backend
 */
export async function triggerBackend(
	ctx: ITriggerFunctions | IWebhookFunctions,
	backend: string,
): Promise<BackendPlace> {
	if (backend === 'embedded') return { kind: 'embedded', folder: triggerFolder() };
	if (backend === 'redis') {
		const credential = await ctx.getCredentials<RedisCredential>('promptCacheRedisApi');
		return { kind: 'redis', credential: { ...credential } };
	}
	throw new ConfigError(
		`"${backend}" is not a backend`,
		'Backend',
		'Choose "embedded" or "redis".',
	);
}

/**
 * Opens a trigger's backend, or takes it from this thread's pool: a trigger lives longer than an idle connection, so it
 * asks each time, and with the same object.
 */
export const openPlace = (place: BackendPlace): Connection =>
	place.kind === 'embedded' ? embeddedConnection(place.folder) : redisConnection(place.credential);
