-- KEYS[1]: a login. ARGV: the client, an access token's digest, and a family of refresh tokens, one of them
-- empty. Ends the access token, or the family with its access tokens, if it is the client's. Returns 'unknown'; or 'revoked',
-- with the session's sequence number for a token of a session.
local client_id, token, family_id = unpack(ARGV)
local session = session_key(KEYS[1])
local function changed()
  return { 'revoked', text(redis.call('HINCRBY', session, 'seq', 1)) }
end
if family_id ~= '' then
  local kept = redis.call('HGET', session, 'f:' .. family_id)
  if not kept or cjson.decode(kept).client_id ~= client_id then
    return { 'unknown' }
  end
  redis.call('HDEL', session, 'f:' .. family_id)
  for _, field in ipairs(fields_of(session, 't:')) do
    if redis.call('HGET', session, field):match('^%d+ %S+ (%S+)') == family_id then
      redis.call('HDEL', session, field)
    end
  end
  return changed()
end
local kept = redis.call('HGET', session, 't:' .. token)
if kept then
  if kept:match('^%d+ (%S+)') ~= client_id then
    return { 'unknown' }
  end
  redis.call('HDEL', session, 't:' .. token)
  return changed()
end
local fields = redis.call('HMGET', KEYS[1], 'token', 'grant')
if fields[1] ~= token or cjson.decode(fields[2]).client_id ~= client_id then
  return { 'unknown' }
end
-- The code stays redeemed: it has no token any more that a repeat could get.
redis.call('HDEL', KEYS[1], 'token')
redis.call('HSET', KEYS[1], 'token_ended', 1)
return { 'revoked' }
