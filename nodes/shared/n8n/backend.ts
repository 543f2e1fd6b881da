import { dirname, join } from 'node:path';
import type { IExecuteFunctions, INodeProperties, ISupplyDataFunctions } from 'n8n-workflow';
import { ConfigError } from '../core/errors';
import { once } from './parameters';
import {
	embeddedConnection,
	redisConnection,
	type Connection,
	type RedisCredential,
} from './connections';

/** The parameter that chooses where the cache lives, the same on every node. */
export const backendProperty: INodeProperties = {
	displayName: 'Backend',
	name: 'backend',
	type: 'options',
	noDataExpression: true,
	options: [
		{
			name: 'Embedded',
			value: 'embedded',
			description: 'A file in the n8n folder: nothing to set up, for n8n on one machine',
		},
		{
			name: 'Redis',
			value: 'redis',
			description: 'A Redis or Valkey server: for queue mode and several machines',
		},
	],
	default: 'embedded',
	description: 'Where the cache is kept; use the same on Cache Lookup and Cache Store',
};

/**
 * Opens, or takes from the pool, the backend that the node's parameters name.
 * @throws ConfigError on an unknown backend; StoreUnavailable where it cannot be opened
 */
export async function openBackend(
	ctx: IExecuteFunctions | ISupplyDataFunctions,
): Promise<Connection> {
	const backend = once(ctx, 'backend', 'embedded') as string;
	if (backend === 'embedded') {
		return embeddedConnection(packageFolder(ctx.helpers.getStoragePath()));
	}
	if (backend === 'redis') {
		return redisConnection(await ctx.getCredentials<RedisCredential>('promptCacheRedisApi'));
	}
	throw new ConfigError(
		`"${backend}" is not a backend`,
		'Backend',
		'Choose "embedded" or "redis".',
	);
}

const folders = new Map<string, string>();

/** n8n's path ends in the node's type; all nodes of this package share the folder beside it. */
function packageFolder(storagePath: string): string {
	const known = folders.get(storagePath);
	if (known !== undefined) return known;
	const folder = join(dirname(storagePath), 'n8n-nodes-prompt-cache');
	folders.set(storagePath, folder);
	return folder;
}
