import type {
	ICredentialsDecrypted,
	ICredentialTestFunctions,
	INodeCredentialTestResult,
} from 'n8n-workflow';
import { attempt } from '../drivers/redis/attempt';
import { connectRedis } from '../drivers/redis/connect';
import type { StoreUnavailable } from '../core/errors';
import type { RedisCredential } from './connections';

/** The "Test" button of the credential: connects, writes, reads and deletes one key under the prefix. */
export async function testRedisCredential(
	this: ICredentialTestFunctions,
	credential: ICredentialsDecrypted,
): Promise<INodeCredentialTestResult> {
	const settings = credential.data as unknown as RedisCredential;
	const client = connectRedis(settings);
	try {
		const key = `${settings.keyPrefix}credential-test`;
		await attempt(client.set(key, 'ok', 'EX', 10));
		await attempt(client.del(key));
		return { status: 'OK', message: 'Connection successful' };
	} catch (error) {
		const { message, hint } = error as StoreUnavailable;
		return { status: 'Error', message: hint ? `${message}. ${hint}` : message };
	} finally {
		client.disconnect();
	}
}
