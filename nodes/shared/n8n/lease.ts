/** What travels from Cache Lookup to Cache Store in `cache.lease`, across processes if need be. */
export interface Lease {
	token: string;
	/** Invalidation count of the namespace at the time of the lookup. */
	epoch?: number;
	startedAtMs: number;
}

export const writeLease = ({ token, epoch, startedAtMs }: Lease): string =>
	`${token}.${epoch ?? ''}.${startedAtMs}`;

/** Undefined where the text is not a lease. */
export function readLease(text: string | undefined): Lease | undefined {
	const [token, epoch, startedAtMs] = text?.split('.') ?? [];
	if (!token || !startedAtMs) return undefined;
	return { token, epoch: epoch ? Number(epoch) : undefined, startedAtMs: Number(startedAtMs) };
}
