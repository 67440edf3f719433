-- KEYS[1]: a login. ARGV[1]: the access token's digest. Returns the grant, and the scope if the token has one
-- of its own; or nothing.
local fields = redis.call('HMGET', KEYS[1], 'token', 'token_expires_at', 'grant', 'in_session')
if fields[1] and fields[1] == ARGV[1] and not fields[4] then
  return now() < tonumber(fields[2]) and { fields[3] } or {}
end
return session_access(session_key(KEYS[1]), ARGV[1], now())
