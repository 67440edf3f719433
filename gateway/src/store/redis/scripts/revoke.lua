-- KEYS: a login and its session. ARGV: the client, an access token's digest, and a family of refresh tokens, one of them
-- empty. Ends the access token, or the family with its access tokens, if it is the client's. Returns 'revoked' or 'unknown'.
local client_id, token, family_id = unpack(ARGV)
if family_id ~= '' then
  local kept = redis.call('HGET', KEYS[2], 'f:' .. family_id)
  if not kept or cjson.decode(kept).client_id ~= client_id then
    return { 'unknown' }
  end
  redis.call('HDEL', KEYS[2], 'f:' .. family_id)
  for _, field in ipairs(fields_of(KEYS[2], 't:')) do
    if redis.call('HGET', KEYS[2], field):match('^%d+ %S+ (%S+)') == family_id then
      redis.call('HDEL', KEYS[2], field)
    end
  end
  return { 'revoked' }
end
local kept = redis.call('HGET', KEYS[2], 't:' .. token)
if kept then
  if kept:match('^%d+ (%S+)') ~= client_id then
    return { 'unknown' }
  end
  redis.call('HDEL', KEYS[2], 't:' .. token)
  return { 'revoked' }
end
local fields = redis.call('HMGET', KEYS[1], 'token', 'grant')
if fields[1] ~= token or cjson.decode(fields[2]).client_id ~= client_id then
  return { 'unknown' }
end
-- The code stays redeemed: it has no token any more that a repeat could get.
redis.call('HDEL', KEYS[1], 'token')
return { 'revoked' }
