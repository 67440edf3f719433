-- Puts an ended session into the outbox, where it is due at a time.
local function put_out(outbox, id, due, keep_ms)
  redis.call('ZADD', outbox, text(due), id)
  redis.call('PEXPIREAT', outbox, text(now() + 2 * keep_ms))
end

-- The same, unless the session is there: a node may have taken it, or pauses between two tries. Returns true if it was not.
local function put_out_anew(outbox, id, due, keep_ms)
  local is_new = not redis.call('ZSCORE', outbox, id)
  if is_new then
    put_out(outbox, id, due, keep_ms)
  end
  return is_new
end

