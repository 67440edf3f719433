-- KEYS: a session, and the outbox of logouts where one server has all keys. Returns 'now', 'before' or 'unknown', and the
-- session's sequence number.
local id, reason, keep_ms = unpack(ARGV)
local at = now()
local ended = end_session(KEYS[1], reason, at, tonumber(keep_ms))
if KEYS[2] and ended == 'now' and #fields_of(KEYS[1], 'u:') > 0 then
  put_out(KEYS[2], id, at, tonumber(keep_ms))
end
return { ended, redis.call('HGET', KEYS[1], 'seq') or '0' }
