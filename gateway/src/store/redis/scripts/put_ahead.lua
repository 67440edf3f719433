-- KEYS[1]: the outbox of logouts. ARGV: a session that is about to end, the time until it has, and the time that ended ones
-- are kept. It is not due before. Returns 'put', or 'there' if it was there, and the instant at which it is due.
local id, until_ended_ms, keep_ms = ARGV[1], ARGV[2], tonumber(ARGV[3])
local due = now() + until_ended_ms
if put_out_anew(KEYS[1], id, due, keep_ms) then
  return { 'put', text(due) }
end
due = math.max(due, tonumber(redis.call('ZSCORE', KEYS[1], id)))
put_out(KEYS[1], id, due, keep_ms)
return { 'there', text(due) }
