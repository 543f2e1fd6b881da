import { LAPSED_LEASE_KEPT_MS } from '../../core/lease';

/*
 * An entry's value begins with a front that scripts can read without unpacking:
 *   'P' · storedAtMs (13 digits) · epoch (12 digits) · length of key version (3) · length of tags (5) · key version · tags
 * tags are joined by newlines. Positions below are 1-based, as Lua counts.
 */

/** Shared by the scripts: is the entry invalidated? Mirrors core/freshness/invalidation.ts. */
const VALIDITY = `
local function invalidations(hash)
	if redis.call('EXISTS', hash) == 0 then return { epoch = 0, tags = {}, any = false } end
	local head = redis.call('HMGET', hash, '@epoch', '@before', '@prefixes', '*', '@beforeEpoch')
	return {
		epoch = tonumber(head[1] or '0'), before = tonumber(head[2] or '0'), prefixes = head[3],
		beforeEpoch = tonumber(head[5] or '0'),
		tags = { ['*'] = tonumber(head[4] or '0') }, hash = hash, any = true
	}
end
local function invalidated(value, inv)
	if not inv.any then return false end
	local stored, epoch = tonumber(string.sub(value, 2, 14)), tonumber(string.sub(value, 15, 26))
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
local function now()
	local time = redis.call('TIME')
	return time[1] * 1000 + math.floor(time[2] / 1000)
end
`;

/**
 * Takes a lease. A server that refuses writes (out of memory, a replica) gives none, but answers:
 * the hits of a batch must not depend on the leases of its misses. A lease that lapsed is kept for a while,
 * so that whoever takes it over knows of it.
 */
const TAKE = `
local kept = ${LAPSED_LEASE_KEPT_MS}
local function take(lease, token, ttl)
	local taken = redis.pcall('SET', lease, token, 'NX', 'PX', ttl + kept)
	if taken and taken.err then return 'none' end
	if taken then return 'acquired' end
	local holder = redis.call('GET', lease)
	if holder == token then return 'acquired' end
	if holder == '-' then return 'released' end
	if redis.call('PTTL', lease) > kept then return 'held' end
	return redis.pcall('SET', lease, token, 'PX', ttl + kept).err and 'none' or 'inherited'
end
`;

/**
 * Looks up n keys of one namespace and takes leases for the misses.
 * KEYS: invalidations, then for each query: entry, lease, near.
 * ARGV: for each query: token ('' = no lease), lease time in ms.
 * Returns {now, epoch, row…}: a row is the value, or {why, lease, components|false}.
 */
export const LOOKUP = `${VALIDITY}${TAKE}
local inv = invalidations(KEYS[1])
local reply = { now(), inv.epoch }
for i = 0, (#KEYS - 1) / 3 - 1 do
	local entry, lease, near = KEYS[i * 3 + 2], KEYS[i * 3 + 3], KEYS[i * 3 + 4]
	local token, ttl = ARGV[i * 2 + 1], ARGV[i * 2 + 2]
	local value = redis.call('GET', entry)
	local why = 'absent'
	if value and invalidated(value, inv) then value = false; why = 'invalidated' end
	if value then
		reply[#reply + 1] = value
	else
		local state = token ~= '' and take(lease, token, ttl) or 'none'
		reply[#reply + 1] = { why, state, redis.call('GET', near) }
	end
end
return reply
`;

/**
 * Takes leases of entries that were not stored anew since they were found.
 * KEYS: for each: lease, entry. ARGV: lease time in ms, then for each: token, when it was stored.
 * Returns a state for each.
 */
export const ACQUIRE = `${TAKE}
local states = {}
for i = 1, #KEYS / 2 do
	local stored = tonumber(redis.call('GETRANGE', KEYS[i * 2], 1, 13))
	local anew = stored and stored ~= tonumber(ARGV[i * 2 + 1])
	states[i] = anew and 'held' or take(KEYS[i * 2 - 1], ARGV[i * 2], ARGV[1])
end
return states
`;

/**
 * Stores one entry, counts its tags, remembers its components and releases its lease.
 * KEYS: invalidations, entry, lease, near, tag counts, epoch.
 * ARGV: packed, keep ms, epoch ('' = now), key version, tags joined by newlines, components ('' = none), remember ms, token ('' = none).
 * Where the server refuses the write, the lease is released all the same, and its error returned.
 * Returns the time of storing in ms.
 */
export const STORE = `${VALIDITY}
local at = now()
local epoch = ARGV[3]
if epoch == '' then epoch = redis.call('HGET', KEYS[1], '@epoch') or '0' end
local front = 'P' .. string.format('%013d%012d%03d%05d', at, tonumber(epoch), #ARGV[4], #ARGV[5]) .. ARGV[4] .. ARGV[5]
local written = redis.pcall('SET', KEYS[2], front .. ARGV[1], 'PX', ARGV[2])
if ARGV[8] ~= '' and redis.call('GET', KEYS[3]) == ARGV[8] then redis.call('DEL', KEYS[3]) end
if written.err then return written end
if ARGV[6] ~= '' then redis.call('SET', KEYS[4], ARGV[6], 'PX', ARGV[7]) end
if redis.call('EXISTS', KEYS[6]) == 0 then
	redis.call('SET', KEYS[6], redis.call('HGET', KEYS[1], '@epoch') or '0')
end
redis.call('HINCRBY', KEYS[5], '*', 1)
for tag in string.gmatch(ARGV[5], '[^\\n]+') do redis.call('HINCRBY', KEYS[5], tag, 1) end
return at
`;

/** Compare and prolong. KEYS: leases. ARGV: ms, then a token for each. */
export const EXTEND = `
for i, key in ipairs(KEYS) do
	if redis.call('GET', key) == ARGV[i + 1] then redis.call('PEXPIRE', key, ARGV[1] + ${LAPSED_LEASE_KEPT_MS}) end
end
return 1
`;

/** Compare and mark as given up, or remove where the mark lasts 0 ms. KEYS: leases. ARGV: ms of the mark, then a token for each. */
export const RELEASE = `
for i, key in ipairs(KEYS) do
	if redis.call('GET', key) == ARGV[i + 1] then
		if ARGV[1] == '0' then redis.call('DEL', key) else redis.call('SET', key, '-', 'PX', ARGV[1]) end
	end
end
return 1
`;

/**
 * Invalidates by a counter, whatever the number of entries. It begins at the milliseconds since 2020 (12 digits
 * until 2051): where it was lost (the server was emptied, or ran out of memory) no count that anybody remembers comes again.
 * KEYS: invalidations, tag counts, epoch. ARGV: 'tag', tag | 'age', ms | 'prefix', prefix.
 * Returns the number of stores since the tag's last invalidation; -1 where it is not counted.
 */
export const INVALIDATE = `
${VALIDITY}
if redis.call('HEXISTS', KEYS[1], '@epoch') == 0 then
	local time = redis.call('TIME')
	redis.call('HSET', KEYS[1], '@epoch', string.format('%.0f', (time[1] - 1577836800) * 1000 + math.floor(time[2] / 1000)))
end
local epoch = redis.call('HINCRBY', KEYS[1], '@epoch', 1)
redis.call('SET', KEYS[3], string.format('%.0f', epoch))
if ARGV[1] == 'age' then
	local before = math.max(tonumber(redis.call('HGET', KEYS[1], '@before') or '0'), now() - tonumber(ARGV[2]))
	redis.call('HSET', KEYS[1], '@before', string.format('%d', before), '@beforeEpoch', epoch)
	return -1
end
if ARGV[1] == 'prefix' then
	local kept = {}
	for at, prefix in string.gmatch(redis.call('HGET', KEYS[1], '@prefixes') or '', '(%d+) ([^\\n]*)\\n') do
		if prefix ~= ARGV[2] then kept[#kept + 1] = at .. ' ' .. prefix .. '\\n' end
	end
	kept[#kept + 1] = string.format('%d', epoch) .. ' ' .. ARGV[2] .. '\\n'
	redis.call('HSET', KEYS[1], '@prefixes', table.concat(kept))
	return -1
end
redis.call('HSET', KEYS[1], ARGV[2], epoch)
local stored = tonumber(redis.call('HGET', KEYS[2], ARGV[2]) or '0')
redis.call('HDEL', KEYS[2], ARGV[2])
return stored
`;

/** Entries of a batch that may still be served. KEYS: invalidations, entries. Returns now, then {value, remaining ms} or false for each. */
export const READ = `${VALIDITY}
local inv = invalidations(KEYS[1])
local reply = { now() }
for i = 2, #KEYS do
	local value = redis.call('GET', KEYS[i])
	if value and not invalidated(value, inv) then reply[i] = { value, redis.call('PTTL', KEYS[i]) }
	else reply[i] = false end
end
return reply
`;
