/*
 * An entry's value begins with a front that scripts can read without unpacking:
 *   'P' · storedAtMs (13 digits) · epoch (12 digits) · length of key version (3) · length of tags (5) · key version · tags
 * tags are joined by newlines. Positions below are 1-based, as Lua counts.
 */

/**
 * Shared by the scripts. A namespace's count begins with its first lookup or store, at the milliseconds since 2020
 * (12 digits until 2051): where it was lost (the server was emptied, or evicted it) no count that anybody remembers
 * comes again, unless there had been an invalidation every millisecond. It stands in a hash, with what was invalidated, and once more by itself:
 * - the hash lost, or nothing invalidated yet: what is older than the count may have been invalidated, and is;
 * - both lost: so may be everything.
 *
 * `invalidations(hash, count)` what was invalidated; `begun(hash, count)` the count, begun or restored where it is
 * missing and the server takes writes; `invalidated(value, inv)` mirrors core/freshness/invalidation.ts.
 */
export const VALIDITY = `
local function now()
	local time = redis.call('TIME')
	return time[1] * 1000 + math.floor(time[2] / 1000)
end
local function begun(hash, count)
	local known = redis.call('GET', count)
	if known then return tonumber(known) end
	local epoch = tonumber(redis.call('HGET', hash, '@epoch') or now() - 1577836800000)
	redis.pcall('SET', count, string.format('%.0f', epoch))
	return epoch
end
local function invalidations(hash, count)
	local head = redis.call('HMGET', hash, '@epoch', '@before', '@prefixes', '*', '@beforeEpoch')
	if not head[1] then return { lostBefore = tonumber(redis.call('GET', count) or math.huge) } end
	return {
		before = tonumber(head[2] or '0'), prefixes = head[3], beforeEpoch = tonumber(head[5] or '0'),
		tags = { ['*'] = tonumber(head[4] or '0') }, hash = hash
	}
end
local front = '^P' .. string.rep('%d', 33)
local function isEntry(value) return string.find(value, front) ~= nil end
local function invalidated(value, inv)
	local stored, epoch = tonumber(string.sub(value, 2, 14)), tonumber(string.sub(value, 15, 26))
	if inv.lostBefore then return epoch < inv.lostBefore end
	if stored < inv.before and epoch < inv.beforeEpoch or inv.tags['*'] > epoch then return true end
	local versionLength, tagsLength = tonumber(string.sub(value, 27, 29)), tonumber(string.sub(value, 30, 34))
	if inv.prefixes then
		local version = string.sub(value, 35, 34 + versionLength)
		for at, prefix in string.gmatch(inv.prefixes, '(%d+) ([^\\n]*)\\n') do
			if tonumber(at) > epoch and string.sub(version, 1, #prefix) == prefix then return true end
		end
	end
	for tag in string.gmatch(string.sub(value, 35 + versionLength, 34 + versionLength + tagsLength), '[^\\n]+') do
		if not inv.tags[tag] then inv.tags[tag] = tonumber(redis.call('HGET', inv.hash, tag) or '0') end
		if inv.tags[tag] > epoch then return true end
	end
	return false
end
`;
