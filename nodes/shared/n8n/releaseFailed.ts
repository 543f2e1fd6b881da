import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import type { Connection } from './connections';
import { readLease } from './lease';
import { upstreamCache, upstreamLookupName } from './upstreamLookup';

/** How long those who waited for the failed call go on by themselves. */
const MARK_MS = 2_000;

/**
 * Gives up the leases that the lookup before this node took for items whose answer will not come: their model call
 * failed, or it cannot be stored. So nobody waits for it.
 * @param items those items, with their indexes
 */
export async function releaseFailed(
	ctx: IExecuteFunctions,
	items: Iterable<[number, INodeExecutionData]>,
	{ store, leases }: Connection,
	timeoutMs: number,
): Promise<void> {
	const lookupName = upstreamLookupName(ctx);
	const refs = [...items].flatMap(([index, item]) => {
		const cache = upstreamCache(ctx, item, index, lookupName);
		const lease = readLease(cache?.lease);
		return cache && lease
			? [{ namespace: cache.namespace, key: cache.key, token: lease.token }]
			: [];
	});
	if (refs.length === 0) return;
	await leases.end(refs, () => store.run((live) => live.releaseLeases(refs, MARK_MS), timeoutMs));
}
