-- KEYS: a login and its session. Begins the session for the browser that holds the login's receive key.
-- Returns the session's fields and the time, or nothing.
local id, receive_key, cookie, lifetime_ms, keep_ms, states, due, indexes = unpack(ARGV)
local fields = redis.call('HMGET', KEYS[1], 'receive_key', 'state', 'expires_at', 'grant', 'person')
local known, state, expires_at, grant, person = unpack(fields)
if known ~= receive_key or not grant or not among(states, state) then
  return {}
end
local at = now()
if state == due and at >= tonumber(expires_at) then
  return {}
end
if redis.call('EXISTS', KEYS[2]) == 1 then
  local kept = redis.call('HGET', KEYS[2], 'cookie')
  if not is_alive(KEYS[2], at) or (kept and kept ~= cookie) then
    return {}
  end
end
if indexes ~= '' then
  index_session(index_of(person), id, at, at + lifetime_ms)
end
begin_session(KEYS[2], grant, at)
redis.call('HSET', KEYS[2], 'cookie', cookie)
prolong(KEYS[2], at, at + lifetime_ms, keep_ms)
return { redis.call('HGETALL', KEYS[2]), text(at) }
