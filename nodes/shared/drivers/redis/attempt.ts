import { StoreUnavailable } from '../../core/errors';

const HINTS: ReadonlyArray<[RegExp, string]> = [
	[
		/^OOM /,
		'Redis is out of memory and evicts nothing: raise maxmemory or set maxmemory-policy to volatile-lru.',
	],
	[/^(NOAUTH|WRONGPASS)/, 'Check user and password of the credential.'],
	[
		/^NOPERM/,
		'The Redis user lacks permissions: it needs the commands get, set, del, eval and the key prefix.',
	],
	[/^MISCONF/, 'Redis cannot save its snapshot and refuses writes: look at its log.'],
	[/^READONLY/, 'The server is a replica: connect to the primary, or use Sentinel.'],
	[
		/ECONNREFUSED|ENOTFOUND|ETIMEDOUT|EHOSTUNREACH|Connection is closed|max retries/i,
		'Check that Redis runs at the host and port of the credential.',
	],
	[/timed out/i, 'Redis did not answer in time.'],
];

const hintFor = (message: string): string | undefined =>
	HINTS.find(([pattern]) => pattern.test(message))?.[1];

/** A server that answers but takes no writes now: out of memory, a replica, or no place for its snapshot. */
const REFUSED = /^(OOM|READONLY|MISCONF) /;

/** What refuses a write while reading goes on, in words; undefined for any other error. */
export function refusedWrite(error: unknown): string | undefined {
	const message = error instanceof Error ? error.message : '';
	if (!REFUSED.test(message)) return undefined;
	return `Redis: ${message} ${hintFor(message) ?? ''}`.trim();
}

/**
 * Awaits Redis work and turns its failures into StoreUnavailable with a hint.
 * @param onSilence called where a command had no answer in its time
 */
export async function attempt<T>(work: Promise<T>, onSilence?: () => void): Promise<T> {
	try {
		return await work;
	} catch (error) {
		if (error instanceof StoreUnavailable) throw error;
		const message = error instanceof Error ? error.message : String(error);
		if (message === 'Command timed out') onSilence?.();
		throw new StoreUnavailable(`Redis: ${message}`, hintFor(message), { cause: error });
	}
}
