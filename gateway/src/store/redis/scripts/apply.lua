-- KEYS[1]: the login. Applies an event that ends a login, renews its code or lets its person go on.
-- Returns the answer, and the node to tell with its message.
local login_id, from, repeats, to, due, by, field, value, change, lifetime_ms, keep_ms, scan_code, user_code, keep_unscanned_ms = unpack(ARGV)
local fields = redis.call('HMGET', KEYS[1], 'state', 'seq', 'expires_at', 'person', 'node', field == '' and 'state' or field)
local state, seq, expires_at, person, node, proven = fields[1], tonumber(fields[2]), tonumber(fields[3]), unpack(fields, 4)
local holds = field == '' or proven == value
-- A caller without proof learns nothing of the login's state. A sequence number proves nothing: it is compared last.
if not state or (not holds and field ~= 'seq') then
  return { { 'unknown' }, {} }
end
local at = now()
-- Compared before the state, which is not for strangers. A login without a scan is not the person's either.
if by ~= '' and person ~= by then
  return { { 'another_person' }, {} }
end
if among(repeats, state) then
  return { { 'repeated', text(at), text(expires_at) }, push_again(node, login_id, seq) }
end
local refused = refusal(state, expires_at, at, from, due)
if refused then
  return { refused, {} }
end
if not holds then
  return { { 'unknown' }, {} }
end

seq = seq + 1
-- Without a lifetime the time limit stays as it is.
expires_at = lifetime_ms == '' and expires_at or at + lifetime_ms
-- Converted once each: converting such numbers again and again was a twentieth of the script.
local since, until_when = text(at), text(expires_at)
local kept = stored(seq, since, until_when, change)
if scan_code ~= '' then
  -- A renewal replaces the one before.
  redis.call('HDEL', KEYS[1], 'c' .. redis.call('HGET', KEYS[1], 'renewed'))
  redis.call('HSET', KEYS[1], 'renewed', seq, 'scan_code', scan_code, 'user_code', user_code)
end
redis.call('HSET', KEYS[1], 'state', to, 'seq', seq, 'expires_at', until_when, 'c' .. seq, kept)
-- A login has a person from its scan on.
redis.call('PEXPIREAT', KEYS[1], text(expires_at + (person and keep_ms or keep_unscanned_ms)))
return { { 'changed', since, until_when }, tell(node, push(login_id, kept)) }
