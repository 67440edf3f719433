-- KEYS[1]: the login. Answers a device that polls for it, and keeps the pace of its polls.
-- Returns 'pending', 'too_soon', 'denied', 'expired', 'foreign', or 'confirmed' with the digest of the authorization code.
local device_code, client_id, pending, denied, redeemable, redeemed, leeway_ms, step_ms = unpack(ARGV)
local fields = redis.call('HMGET', KEYS[1], 'state', 'expires_at', 'request', 'device_code', 'interval', 'polled_at', 'code')
local state, expires_at, request, own_code, interval, polled_at, code = unpack(fields)
if not state then
  return { 'expired' }
end
-- Another client learns nothing and changes nothing.
if own_code ~= device_code or cjson.decode(request).client_id ~= client_id then
  return { 'foreign' }
end
if among(denied, state) then
  return { 'denied' }
end
local at = now()
local in_time = at < tonumber(expires_at)
if code and (state == redeemed or (among(redeemable, state) and in_time)) then
  return { 'confirmed', code }
end
if not (among(pending, state) and in_time) then
  return { 'expired' }
end
local too_soon = polled_at and at < tonumber(polled_at) + interval - leeway_ms
redis.call('HSET', KEYS[1], 'polled_at', text(at))
if not too_soon then
  return { 'pending' }
end
redis.call('HSET', KEYS[1], 'interval', text(interval + step_ms))
return { 'too_soon' }
