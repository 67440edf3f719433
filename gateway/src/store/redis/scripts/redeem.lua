-- KEYS[1]: the login. ARGV[1]: JSON with the event's guard, `code`, `tries`, `token`, `token_ms` and `keep_ms`.
local redeem = cjson.decode(ARGV[1])
local fields = redis.call('HMGET', KEYS[1], 'state', 'expires_at', 'code', 'code_tries', 'seq', 'token')
local state, expires_at, code, tries, seq, token =
  fields[1], tonumber(fields[2]), fields[3], tonumber(fields[4]), fields[5], fields[6]
if not code or code ~= redeem.code or tries >= redeem.tries then
  return 'invalid'
end
if state == redeem.guard.to then
  -- Nobody but whoever asked before knows the token: the answer was lost, and they ask again.
  if token == redeem.token then
    return 'redeemed'
  end
  redis.call('HDEL', KEYS[1], 'token')
  return 'replayed'
end
local at = now()
if state ~= redeem.guard.from[1] or at >= expires_at then
  return 'invalid'
end
local token_expires_at = at + redeem.token_ms
redis.call('HSET', KEYS[1], 'state', redeem.guard.to, 'token', redeem.token, 'token_expires_at', text(token_expires_at))
-- The change that told the browser of the code is worthless now, and holds the code in clear.
redis.call('HDEL', KEYS[1], 'c' .. seq)
redis.call('PEXPIREAT', KEYS[1], text(token_expires_at + redeem.keep_ms))
return 'redeemed'
