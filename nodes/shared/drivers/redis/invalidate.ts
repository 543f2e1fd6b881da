import type { Result } from 'ioredis';
import { KEY_ENDED_FOR_MS, NAMESPACE_TAG } from '../../core/freshness/invalidation';
import type { InvalidationTarget } from '../../ports/CacheStore';
import type { Clock } from '../../ports/Clock';
import type { RedisClient } from './connect';
import type { NamespaceKeys } from './keys';
import { VALIDITY } from './validity';
import { countMatching, type WalkedEntry } from './walk';

/** Counting walks all keys; it may take its time, but the caller waits for it. */
const COUNT_AT_MOST_MS = 30_000;

/**
 * Invalidates by a counter, whatever the number of entries.
 * KEYS: invalidations, tag counts, count, then for 'key': entry, grave. ARGV: 'tag', tag | 'age', ms | 'prefix', prefix | 'key'.
 * Where the hash is begun after it was lost, what is older than the count of then stays invalidated; where that was
 * lost too, everything does.
 * Returns {entries ended as far as they are counted, count, '@before', '@beforeEpoch', '@prefixes'}, the last three as they stood before.
 */
const INVALIDATE = `${VALIDITY}
local inv, counts, count = KEYS[1], KEYS[2], KEYS[3]
if redis.call('HEXISTS', inv, '@epoch') == 0 then
	local lost, since = redis.call('GET', count), now() - 1577836800000
	local first = string.format('%.0f', math.max(tonumber(lost or '0'), since))
	redis.call('HSET', inv, '@epoch', first, '*', lost or first)
end
local head = redis.call('HMGET', inv, '@before', '@beforeEpoch', '@prefixes')
local before, prefixes = head[1] or '0', head[3] or ''
local epoch = string.format('%.0f', redis.call('HINCRBY', inv, '@epoch', 1))
redis.call('SET', count, epoch)
local ended = 0
if ARGV[1] == 'age' then
	local reached = math.max(tonumber(before), now() - tonumber(ARGV[2]))
	redis.call('HSET', inv, '@before', string.format('%.0f', reached), '@beforeEpoch', epoch)
elseif ARGV[1] == 'prefix' then
	local kept = {}
	for at, prefix in string.gmatch(prefixes, '(%d+) ([^\\n]*)\\n') do
		if prefix ~= ARGV[2] then kept[#kept + 1] = at .. ' ' .. prefix .. '\\n' end
	end
	kept[#kept + 1] = epoch .. ' ' .. ARGV[2] .. '\\n'
	redis.call('HSET', inv, '@prefixes', table.concat(kept))
elseif ARGV[1] == 'key' then
	redis.call('SET', KEYS[5], epoch, 'PX', ${KEY_ENDED_FOR_MS})
	ended = redis.call('DEL', KEYS[4])
else
	redis.call('HSET', inv, ARGV[2], epoch)
	ended = tonumber(redis.call('HGET', counts, ARGV[2]) or '0')
	redis.call('HDEL', counts, ARGV[2])
end
return { ended, epoch, before, head[2] or '0', prefixes }
`;

type Reply = [ended: number, epoch: string, ...before: string[]];

declare module 'ioredis' {
	interface RedisCommander<Context> {
		pcInvalidate(keyCount: number, ...args: string[]): Result<Reply, Context>;
	}
}

/** Invalidates, and says how many entries it ended: for tags by their counts, by age and prefix by walking the entries afterwards. */
export function createInvalidate(client: RedisClient, clock: Clock) {
	client.defineCommand('pcInvalidate', { lua: INVALIDATE });

	return async (keys: NamespaceKeys, target: InvalidationTarget): Promise<number> => {
		const names = [keys.invalidations, keys.tagCounts, keys.epoch];
		const ended = async (...args: string[]): Promise<number> =>
			(await client.pcInvalidate(names.length, ...names, ...args))[0];
		const counted = async (
			by: 'age' | 'prefix',
			value: string,
			matches: (entry: WalkedEntry) => boolean,
		): Promise<number> => {
			const [, epoch, ...before] = await client.pcInvalidate(names.length, ...names, by, value);
			const since = clock.elapsedMs();
			return await countMatching(client, keys, before, {
				matches: (entry) => entry.front.epoch < Number(epoch) && matches(entry),
				isOver: () => clock.elapsedMs() - since > COUNT_AT_MOST_MS,
			});
		};
		switch (target.by) {
			case 'key':
				names.push(keys.entry(target.key), keys.grave(target.key));
				return await ended('key');
			case 'tag':
				return await ended('tag', target.tag);
			case 'namespace':
				return await ended('tag', NAMESPACE_TAG);
			case 'age': {
				const { olderThanMs } = target;
				return await counted('age', String(olderThanMs), ({ front, nowMs }) => {
					return front.storedAtMs < nowMs - olderThanMs;
				});
			}
			case 'keyVersionPrefix':
				return await counted('prefix', target.prefix, ({ front }) =>
					front.keyVersion.startsWith(target.prefix),
				);
		}
	};
}
