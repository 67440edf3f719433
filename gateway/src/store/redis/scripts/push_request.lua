-- KEYS[1]: the request. Keeps it.
local over = limited(2)
if over then
  return over
end
local request, lifetime_ms = unpack(ARGV)
redis.call('HSET', KEYS[1], 'request', request)
redis.call('PEXPIRE', KEYS[1], lifetime_ms)
return { 'done' }
