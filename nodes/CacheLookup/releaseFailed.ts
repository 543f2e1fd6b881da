import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import type { Connection } from '../shared/n8n/connections';
import { readLease } from '../shared/n8n/lease';
import { upstreamCache, upstreamLookupName } from '../shared/n8n/upstreamLookup';

/** How long those who waited for the failed call go on by themselves. */
const MARK_MS = 2_000;

/**
 * The operation `fallback` stands on the error branch of a model call: the lease that the lookup before it took
 * is given up, so that nobody waits for an answer that will not come.
 */
export async function releaseFailed(
	ctx: IExecuteFunctions,
	items: INodeExecutionData[],
	{ store, leases }: Connection,
	timeoutMs: number,
): Promise<void> {
	const lookupName = upstreamLookupName(ctx);
	const refs = items.flatMap((item, index) => {
		const cache = upstreamCache(ctx, item, index, lookupName);
		const lease = readLease(cache?.lease);
		return cache && lease
			? [{ namespace: cache.namespace, key: cache.key, token: lease.token }]
			: [];
	});
	if (refs.length === 0) return;
	await leases.end(refs, () => store.run((live) => live.releaseLeases(refs, MARK_MS), timeoutMs));
}
