-- KEYS[1]: the outbox of logouts. ARGV: the lease and the most that are wanted. Returns the sessions that are due, each of
-- which is due again after the lease.
local at = now()
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', text(at), 'LIMIT', 0, tonumber(ARGV[2]))
for _, id in ipairs(due) do
  redis.call('ZADD', KEYS[1], text(at + ARGV[1]), id)
end
return due
