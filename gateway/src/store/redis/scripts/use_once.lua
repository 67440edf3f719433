-- KEYS[1]: the name. ARGV: the user, and the time in which the name may be used once. Returns the user whose use counts.
local user, lifetime_ms = unpack(ARGV)
if redis.call('HSETNX', KEYS[1], 'user', user) == 1 then
  redis.call('PEXPIRE', KEYS[1], lifetime_ms)
  return { user }
end
return { redis.call('HGET', KEYS[1], 'user') }
