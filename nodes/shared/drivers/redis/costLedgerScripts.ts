/**
 * Keys of the ledger carry no lifetime of their own, by which an evicting Redis would choose them before others: their
 * ends stand in a sorted set, and what has ended is deleted when a key is begun, once an hour at least while calls come.
 */
const KEEPING = `
local function now()
	local time = redis.call('TIME')
	return time[1] * 1000 + math.floor(time[2] / 1000)
end
local function begin(ends, key, life)
	if redis.call('EXISTS', key) == 1 then return end
	local at = now()
	for _, ended in ipairs(redis.call('ZRANGEBYSCORE', ends, '-inf', at, 'LIMIT', 0, 100)) do
		redis.call('UNLINK', ended)
		redis.call('ZREM', ends, ended)
	end
	redis.call('ZADD', ends, string.format('%.0f', at + life), key)
end
`;

/**
 * Books calls of one day, each id once, and settles their reservations. Atomic.
 * KEYS: ids seen today, yesterday, tomorrow (clocks differ); rows of the day; spend of the day, of the
 *   month; ends; then rows of the hours; then reservations.
 * ARGV: lives in ms of seen, hour rows, day rows; number of hour keys; number of rows, then for
 *   each row: hour key (1…), dimensions; number of scopes, then their names; then for each call: id,
 *   row, packed counters, nano-USD, its scopes (positions, separated by blanks), its reservations
 *   (key position and field, separated by newlines).
 * Returns a text with 1 for each call that was booked and 0 for each that had been before.
 */
export const RECORD = `${KEEPING}
local function pack(sum)
	local parts = {}
	for position = 0, sum.last do
		local value = sum[position]
		if value and value ~= 0 then parts[#parts + 1] = position .. ' ' .. string.format('%.0f', value) end
	end
	return table.concat(parts, ' ')
end
local function add(sum, packed)
	for position, value in string.gmatch(packed, '(%d+) (%-?%d+)') do
		position = tonumber(position)
		sum[position] = (sum[position] or 0) + tonumber(value)
		if position > sum.last then sum.last = position end
	end
end
local function addTo(key, field, sum, life)
	local known = redis.call('HGET', key, field)
	local whole = { last = -1 }
	if known then add(whole, known) else begin(KEYS[7], key, life) end
	for position = 0, sum.last do
		if sum[position] then
			whole[position] = (whole[position] or 0) + sum[position]
			if position > whole.last then whole.last = position end
		end
	end
	redis.call('HSET', key, field, pack(whole))
end

local at = 4
local hours = tonumber(ARGV[at])
local rows, scopes = {}, {}
at = at + 1
for row = 1, tonumber(ARGV[at]) do
	rows[row] = { hour = KEYS[7 + tonumber(ARGV[at + row * 2 - 1])], dimensions = ARGV[at + row * 2], last = -1 }
end
at = at + 1 + #rows * 2
for scope = 1, tonumber(ARGV[at]) do scopes[scope] = { name = ARGV[at + scope], spent = 0 } end
at = at + 1 + #scopes

local answer = {}
begin(KEYS[7], KEYS[1], ARGV[1])
while at <= #ARGV do
	local id, row, packed, nano, inScopes, settled = ARGV[at], rows[tonumber(ARGV[at + 1])], ARGV[at + 2], tonumber(ARGV[at + 3]), ARGV[at + 4], ARGV[at + 5]
	at = at + 6
	local before = redis.call('SISMEMBER', KEYS[2], id) == 1 or redis.call('SISMEMBER', KEYS[3], id) == 1
	if before or redis.call('SADD', KEYS[1], id) == 0 then
		answer[#answer + 1] = '0'
	else
		answer[#answer + 1] = '1'
		add(row, packed)
		if nano ~= 0 then
			for scope in string.gmatch(inScopes, '%d+') do
				scope = scopes[tonumber(scope)]
				scope.spent = scope.spent + nano
			end
		end
		for key, field in string.gmatch(settled, '(%d+) ([^\\n]+)') do redis.call('HDEL', KEYS[7 + hours + tonumber(key)], field) end
	end
end
for _, row in ipairs(rows) do
	if row.last >= 0 then
		addTo(row.hour, row.dimensions, row, ARGV[2])
		addTo(KEYS[4], row.dimensions, row, ARGV[3])
	end
end
for key = 5, 6 do
	local begun = false
	for _, scope in ipairs(scopes) do
		if scope.spent ~= 0 then
			if not begun then begin(KEYS[7], KEYS[key], ARGV[3]); begun = true end
			redis.call('HINCRBY', KEYS[key], scope.name, string.format('%.0f', scope.spent))
		end
	end
end
return table.concat(answer)
`;

/**
 * Reserves a part of a budget, if it fits beside what is spent and reserved. Atomic. Asked again under the same id
 * (ioredis does so after a reconnect, when it does not know whether it was done), it does not count itself.
 * KEYS: spend of the period; reservations of period and scope; ends.
 * ARGV: scope, id, limit, amount (nano-USD), life of the reservation in ms.
 * Returns {1 or 0, spent, reserved}, as text.
 */
export const RESERVE = `${KEEPING}
local at = now()
local spent = tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or '0')
local reserved, latest = 0, 0
local open = redis.call('HGETALL', KEYS[2])
for i = 1, #open, 2 do
	local amount, ends = string.match(open[i + 1], '^(%d+) (%d+)$')
	if tonumber(ends) <= at then redis.call('HDEL', KEYS[2], open[i])
	elseif open[i] ~= ARGV[2] then
		reserved = reserved + tonumber(amount)
		latest = math.max(latest, tonumber(ends))
	end
end
local amount = tonumber(ARGV[4])
local granted = spent + reserved + amount <= tonumber(ARGV[3])
if granted then
	local ends = at + tonumber(ARGV[5])
	redis.call('HSET', KEYS[2], ARGV[2], ARGV[4] .. ' ' .. string.format('%.0f', ends))
	redis.call('ZADD', KEYS[3], string.format('%.0f', math.max(latest, ends) + 1000), KEYS[2])
	reserved = reserved + amount
else
	redis.call('HDEL', KEYS[2], ARGV[2])
end
return { granted and 1 or 0, string.format('%.0f', spent), string.format('%.0f', reserved) }
`;
