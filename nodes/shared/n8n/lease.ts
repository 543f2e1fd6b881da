/** What travels from Cache Lookup to Cache Store in `cache.lease`, across processes if need be. */
export interface Lease {
	token: string;
	/** Invalidation count of the namespace at the time of the lookup. */
	epoch?: number;
	startedAtMs: number;
	/** What a store in another process has to know of the request. */
	keyVersion: string;
	model: string | null;
}

export function writeLease({ token, epoch, startedAtMs, keyVersion, model }: Lease): string {
	const parts = [token, epoch ?? '', startedAtMs, packText(keyVersion), packText(model ?? '')];
	return parts.join('.').replace(/\.+$/, '');
}

const packText = (text: string): string => Buffer.from(text).toString('base64url');
const unpackText = (packed: string): string => Buffer.from(packed, 'base64url').toString();

/** Undefined where the text is not a lease. */
export function readLease(text: string | undefined): Lease | undefined {
	const [token, epoch, startedAtMs, keyVersion = '', model = ''] = text?.split('.') ?? [];
	if (!token || !startedAtMs) return undefined;
	return {
		token,
		epoch: epoch ? Number(epoch) : undefined,
		startedAtMs: Number(startedAtMs),
		keyVersion: unpackText(keyVersion),
		model: unpackText(model) || null,
	};
}
