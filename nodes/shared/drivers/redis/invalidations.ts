import { isInvalidated, NAMESPACE_TAG } from '../../core/freshness/invalidation';
import type { RedisClient } from './connect';
import type { EntryFront } from './entryFront';
import type { NamespaceKeys } from './keys';

const HEAD = ['@epoch', '@before', '@beforeEpoch', '@prefixes', NAMESPACE_TAG];
const MAX_NAMESPACES = 1_000;
const MAX_TAGS = 10_000;

/** What was invalidated in a namespace until its count reached `epoch`; of its tags, those that were asked for. */
interface Known {
	epoch: number;
	beforeMs: number;
	beforeEpoch: number;
	prefixes: Array<{ prefix: string; epoch: number }>;
	tags: Map<string, number>;
}

/**
 * Remembers what was invalidated in a namespace for as long as its count stays the same: entries stored before the
 * last invalidation can then be judged without asking Redis.
 */
export function createInvalidations(client: RedisClient) {
	const known = new Map<string, Known>();

	async function learn(keys: NamespaceKeys, tags: readonly string[]): Promise<Known> {
		const values = await client.hmget(keys.invalidations, ...HEAD, ...tags);
		const [epoch, before, beforeEpoch, prefixes, namespace, ...rest] = values;
		const state: Known = {
			epoch: Number(epoch ?? NaN),
			beforeMs: Number(before ?? 0),
			beforeEpoch: Number(beforeEpoch ?? 0),
			prefixes: [...(prefixes ?? '').matchAll(/(\d+) ([^\n]*)\n/g)].map(([, at, prefix]) => ({
				prefix: prefix!,
				epoch: Number(at),
			})),
			// Where what was invalidated is lost, an older entry may have been: no count is above this one.
			tags: new Map([[NAMESPACE_TAG, epoch ? Number(namespace ?? 0) : Infinity]]),
		};
		const seen = known.get(keys.id);
		if (seen?.epoch === state.epoch && seen.tags.size < MAX_TAGS) {
			for (const [tag, at] of seen.tags) state.tags.set(tag, at);
		}
		tags.forEach((tag, at) => state.tags.set(tag, Number(rest[at] ?? 0)));
		if (known.size >= MAX_NAMESPACES) known.clear();
		known.set(keys.id, state);
		return state;
	}

	return {
		/** Which of these entries, older than the namespace's last invalidation, may no longer be served. */
		async among(
			keys: NamespaceKeys,
			epoch: number,
			older: readonly EntryFront[],
		): Promise<Set<EntryFront>> {
			const tags = [...new Set(older.flatMap((front) => front.tags))];
			const seen = known.get(keys.id);
			const isEnough = seen?.epoch === epoch && tags.every((tag) => seen.tags.has(tag));
			// All of them, and not what is missing alone: what was remembered may be gone by the time of the answer.
			const state = isEnough ? seen : await learn(keys, tags);
			return new Set(older.filter((front) => isInvalidated(front, state)));
		},
		/** Another server may have another past. */
		forget: () => known.clear(),
	};
}
