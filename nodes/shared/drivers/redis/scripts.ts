import { LAPSED_LEASE_KEPT_MS } from '../../core/lease';
import { VALIDITY } from './validity';

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
 * KEYS: invalidations, count, then for each query: entry, lease, near.
 * ARGV: for each query: token ('' = no lease), lease time in ms.
 * Returns {now, count, row…}: a row is the value, or {why, lease, components|false}. What is no entry is a value too:
 * unpacking it tells the damage, which is counted.
 */
export const LOOKUP = `${VALIDITY}${TAKE}
local reply = { now(), begun(KEYS[1], KEYS[2]) }
local inv = invalidations(KEYS[1], KEYS[2])
for i = 0, (#KEYS - 2) / 3 - 1 do
	local entry, lease, near = KEYS[i * 3 + 3], KEYS[i * 3 + 4], KEYS[i * 3 + 5]
	local token, ttl = ARGV[i * 2 + 1], ARGV[i * 2 + 2]
	local value = redis.call('GET', entry)
	local why = 'absent'
	if value and isEntry(value) and invalidated(value, inv) then value = false; why = 'invalidated' end
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
 * KEYS: invalidations, entry, lease, near, tag counts, count, grave.
 * ARGV: packed, keep ms, epoch ('' = now), key version, tags joined by newlines, components ('' = none), remember ms, token ('' = none), age ms.
 * An epoch above the count comes from before the server went back to an older snapshot: what is invalidated from now on must end it.
 * Where the server refuses the write, the lease is released all the same, and its error returned.
 * Returns the time of storing in ms; -1 where the key was invalidated after its epoch.
 */
export const STORE = `${VALIDITY}
local at = math.max(0, now() - tonumber(ARGV[9]))
local epoch = begun(KEYS[1], KEYS[6])
if ARGV[8] ~= '' and redis.call('GET', KEYS[3]) == ARGV[8] then redis.call('DEL', KEYS[3]) end
if ARGV[3] ~= '' then
	epoch = math.min(epoch, tonumber(ARGV[3]))
	if tonumber(redis.call('GET', KEYS[7]) or '0') > epoch then return -1 end
end
local front = 'P' .. string.format('%013.0f%012.0f%03d%05d', at, epoch, #ARGV[4], #ARGV[5]) .. ARGV[4] .. ARGV[5]
local written = redis.pcall('SET', KEYS[2], front .. ARGV[1], 'PX', ARGV[2])
if written.err then return written end
if ARGV[6] ~= '' then redis.call('SET', KEYS[4], ARGV[6], 'PX', ARGV[7]) end
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
 * Entries of a batch that may still be served.
 * KEYS: invalidations, count, entries. ARGV: none, or '@before', '@beforeEpoch', '@prefixes' to judge by instead.
 * Returns now, then {value, remaining ms} or false for each.
 */
export const READ = `${VALIDITY}
local inv = invalidations(KEYS[1], KEYS[2])
if ARGV[1] and not inv.lostBefore then
	inv.before, inv.beforeEpoch, inv.prefixes = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3]
end
local reply = { now() }
for i = 3, #KEYS do
	local value = redis.call('GET', KEYS[i])
	if value and isEntry(value) and not invalidated(value, inv) then reply[i - 1] = { value, redis.call('PTTL', KEYS[i]) }
	else reply[i - 1] = false end
end
return reply
`;
