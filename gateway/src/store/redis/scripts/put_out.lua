-- KEYS[1]: the outbox of logouts. ARGV: a session, the time after which it is due, the time that ended ones are kept, and the
-- instant at which it is due so far, or nothing for any. Of another instant it stays as it is, because a node has taken it.
-- Returns 'put' and the instant at which it is due, or 'left'.
local id, after_ms, keep_ms, so_far = unpack(ARGV)
local known = redis.call('ZSCORE', KEYS[1], id)
if so_far ~= '' and (not known or tonumber(known) ~= tonumber(so_far)) then
  return { 'left', '' }
end
local due = now() + after_ms
put_out(KEYS[1], id, due, tonumber(keep_ms))
return { 'put', text(due) }
