-- KEYS[1]: the login. ARGV[1]: the access token's digest.
local fields = redis.call('HMGET', KEYS[1], 'token', 'token_expires_at', 'grant')
if fields[1] and fields[1] == ARGV[1] and now() < tonumber(fields[2]) then
  return fields[3]
end
return false
