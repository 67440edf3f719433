-- Notes in the index of a person's sessions that one lasts until a time at most, unless a later one is noted. The key lives as
-- long as its last entry.
local function index_session(index, id, at, until_ms)
  redis.call('ZREMRANGEBYSCORE', index, '-inf', text(at))
  local noted = redis.call('ZSCORE', index, id)
  redis.call('ZADD', index, text(math.max(tonumber(noted or 0), until_ms)), id)
  redis.call('PEXPIREAT', index, redis.call('ZRANGE', index, -1, -1, 'WITHSCORES')[2])
end

-- Returns the key of the index of a person's sessions. It holds a digest, because a person's id is not for all who see keys.
local function index_of(person)
  return 'saoma:person:' .. redis.sha1hex(person)
end

