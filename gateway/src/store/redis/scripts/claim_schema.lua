-- KEYS: the version of the data. ARGV: the version that the node writes, and the lifetime of the note in milliseconds. Notes
-- the version unless a newer one is noted, and returns the one that is noted then.
local noted = tonumber(redis.call('GET', KEYS[1]) or 0)
if noted > tonumber(ARGV[1]) then
  return noted
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return tonumber(ARGV[1])
