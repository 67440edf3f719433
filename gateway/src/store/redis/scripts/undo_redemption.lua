-- KEYS[1]: the login, or the record of a code within a session. ARGV: the access token's digest, the states
-- before and after a redemption, and the time to keep an ended login.
local access_token, before, after, keep_ms = unpack(ARGV)
local session = session_key(KEYS[1])
local fields = redis.call('HMGET', KEYS[1], 'state', 'token', 'expires_at', 'in_session')
if fields[1] == after and fields[2] == access_token then
  -- First: a script that fails midway must not leave a client in a session whose code is good again.
  if fields[4] then
    leave(session, access_token)
  end
  redis.call('HSET', KEYS[1], 'state', before)
  redis.call('HDEL', KEYS[1], 'token', 'token_expires_at', 'in_session')
  redis.call('PEXPIREAT', KEYS[1], text(fields[3] + keep_ms))
end
return 0
