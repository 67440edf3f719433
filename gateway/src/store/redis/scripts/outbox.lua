-- Puts an ended session into the outbox, where it is due at a time.
local function put_out(outbox, id, due, keep_ms)
  redis.call('ZADD', outbox, text(due), id)
  redis.call('PEXPIREAT', outbox, text(now() + 2 * keep_ms))
end

