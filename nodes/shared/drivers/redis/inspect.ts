import type { NamespaceStats, StatName } from '../../ports/CacheStore';
import type { RedisClient } from './connect';
import { namespaceKeys } from './keys';
import { namespaceNames, walkFronts } from './walk';

/** Counts entries by walking them; Redis itself evicts, and tells only the sum for the whole server. */
export async function inspectNamespaces(
	client: RedisClient,
	prefix: string,
	gathered: (namespace: string, stat: StatName) => number,
): Promise<NamespaceStats[]> {
	const all: NamespaceStats[] = [];
	for (const namespace of await namespaceNames(client, prefix)) {
		const keys = namespaceKeys(prefix, namespace);
		const counts = await client.hgetall(keys.stats);
		const of = (stat: StatName) => Number(counts[stat] ?? 0) + gathered(namespace, stat);
		let entries = 0;
		let bytes = 0;
		let oldestStoredAtMs: number | null = null;
		for await (const { front, sizeBytes } of walkFronts(client, keys)) {
			entries += 1;
			bytes += sizeBytes;
			oldestStoredAtMs = Math.min(oldestStoredAtMs ?? Infinity, front.storedAtMs);
		}
		all.push({
			namespace,
			entries,
			bytes,
			hits: of('hits'),
			misses: of('misses'),
			stale: of('stale'),
			stores: of('stores'),
			evictions: of('evictions'),
			corrupt: of('corrupt'),
			oldestStoredAtMs,
		});
	}
	return all;
}
