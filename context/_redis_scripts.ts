/**
 * The keys of a version of the schema, in the order in which every script gets
 * them: two hashes of rows, the sorted set of the names in each, and the
 * deadlines of both.
 */
export const ROW_KEYS = ["v", "vi", "c", "ci", "d"] as const;

/** How many characters of a row are its version. */
export const VERSION_CHARS = 16;

// A script is done as a whole, and nothing else meanwhile. What a server out of
// memory or with a failing disk refuses is the first write, so never a part.

/** Makes the changes of a batch if its checks hold. */
export const COMMIT = `
local values, names, counts, countNames, due = unpack(KEYS)
local now, version, at = tonumber(ARGV[1]), ARGV[2], 4
for _ = 1, tonumber(ARGV[3]) do
  local id, wanted, found = ARGV[at], ARGV[at + 1], ''
  local deadline = redis.call('ZSCORE', due, 'v' .. id)
  if not deadline or tonumber(deadline) > now then
    local row = redis.call('HGET', values, id)
    if row then found = string.sub(row, 1, ${VERSION_CHARS}) end
  end
  if found ~= wanted then return 0 end
  at = at + 2
end
while at <= #ARGV do
  local what, id, deadline, value = unpack(ARGV, at, at + 3)
  if what == 'set' then
    if redis.call('HSET', values, id, version .. value) == 1 then
      redis.call('ZADD', names, 0, id)
    end
    if deadline ~= '' then
      redis.call('ZADD', due, deadline, 'v' .. id)
    else
      redis.call('ZREM', due, 'v' .. id)
    end
  elseif what == 'delete' then
    redis.call('HDEL', values, id)
    redis.call('ZREM', names, id)
    redis.call('ZREM', due, 'v' .. id)
  elseif what == 'sum' then
    local isNew = redis.call('HEXISTS', counts, id) == 0
    -- A count that is at its bound stays there.
    redis.pcall('HINCRBY', counts, id, value)
    if isNew then
      redis.call('ZADD', countNames, 0, id)
      if deadline ~= '' then redis.call('ZADD', due, deadline, 'c' .. id) end
    end
  else
    redis.call('HDEL', counts, id)
    redis.call('ZREM', countNames, id)
    redis.call('ZREM', due, 'c' .. id)
  end
  at = at + 4
end
return 1`;

/** Reads names and rows between two names, until they are many bytes. */
export const PAGE = `
local rows, names = KEYS[1], KEYS[2]
if ARGV[5] == 'c' then rows, names = KEYS[3], KEYS[4] end
local found, bytes = {}, 0
local ids = redis.call('ZRANGEBYLEX', names, ARGV[1], ARGV[2], 'LIMIT', 0, ARGV[3])
for _, id in ipairs(ids) do
  local row = redis.call('HGET', rows, id) or ''
  found[#found + 1] = id
  found[#found + 1] = row
  bytes = bytes + #row
  if bytes >= tonumber(ARGV[4]) then break end
end
return found`;

/** Removes some of what is over, and tells how much it was. */
export const SWEEP = `
local values, names, counts, countNames, due = unpack(KEYS)
local over = redis.call('ZRANGEBYSCORE', due, '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])
for _, member in ipairs(over) do
  local id = string.sub(member, 2)
  if string.sub(member, 1, 1) == 'v' then
    redis.call('HDEL', values, id)
    redis.call('ZREM', names, id)
  else
    redis.call('HDEL', counts, id)
    redis.call('ZREM', countNames, id)
  end
  redis.call('ZREM', due, member)
end
return #over`;

/**
 * Moves a row of an older version to where it is kept now, or nowhere, unless
 * it was written meanwhile. A value that is there already is newer and stays;
 * counts are added up.
 */
export const MOVE = `
local kind, oldId, seen, newId, row = unpack(ARGV)
local at = kind == 'v' and 1 or 3
local oldRows, oldNames, oldDue = KEYS[at], KEYS[at + 1], KEYS[5]
local rows, names, due = KEYS[at + 5], KEYS[at + 6], KEYS[10]
if (redis.call('HGET', oldRows, oldId) or '') ~= seen then return 0 end
local deadline = redis.call('ZSCORE', oldDue, kind .. oldId)
local isNew = newId ~= '' and redis.call('HEXISTS', rows, newId) == 0
if newId ~= '' and kind == 'c' then redis.call('HINCRBY', rows, newId, row) end
if isNew then
  if kind == 'v' then redis.call('HSET', rows, newId, row) end
  redis.call('ZADD', names, 0, newId)
  if deadline then redis.call('ZADD', due, deadline, kind .. newId) end
end
redis.call('HDEL', oldRows, oldId)
redis.call('ZREM', oldNames, oldId)
redis.call('ZREM', oldDue, kind .. oldId)
return 1`;

/** Raises the version that last wrote, and gives back what it is then. */
export const RAISE = `
local newest = tonumber(redis.call('GET', KEYS[1]) or '0')
if newest == nil then return -1 end
if newest >= tonumber(ARGV[1]) then return newest end
redis.call('SET', KEYS[1], ARGV[1])
return tonumber(ARGV[1])`;
