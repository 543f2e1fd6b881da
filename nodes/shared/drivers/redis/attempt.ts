import { StoreUnavailable } from '../../core/errors';

const HINTS: ReadonlyArray<[RegExp, string]> = [
	[
		/^OOM /,
		'Redis is out of memory and evicts nothing: raise maxmemory or set maxmemory-policy to allkeys-lru.',
	],
	[/^(NOAUTH|WRONGPASS)/, 'Check user and password of the credential.'],
	[
		/^NOPERM/,
		'The Redis user lacks permissions: it needs the commands get, set, del, eval and the key prefix.',
	],
	[/^READONLY/, 'The server is a replica: connect to the primary, or use Sentinel.'],
	[
		/ECONNREFUSED|ENOTFOUND|ETIMEDOUT|EHOSTUNREACH|Connection is closed|max retries/i,
		'Check that Redis runs at the host and port of the credential.',
	],
	[/timed out/i, 'Redis did not answer in time.'],
];

/** Awaits Redis work and turns its failures into StoreUnavailable with a hint. */
export async function attempt<T>(work: Promise<T>): Promise<T> {
	try {
		return await work;
	} catch (error) {
		const message = error instanceof Error ? error.message : String(error);
		const hint = HINTS.find(([pattern]) => pattern.test(message))?.[1];
		throw new StoreUnavailable(`Redis: ${message}`, hint, { cause: error });
	}
}
