-- KEYS: an ended session, and the outbox of logouts where one server has both. ARGV: the session's id, the time after which
-- it is due again, the time that ended ones are kept, and the clients of whom nothing more is to be told.
-- Returns how many are still to be told, and the session's sequence number: 0 for one that is kept no more.
local id, again_ms, keep_ms = unpack(ARGV)
for at = 4, #ARGV do
  redis.call('HDEL', KEYS[1], 'u:' .. ARGV[at])
end
local untold = fields_of(KEYS[1], 'u:')
for _, field in ipairs(untold) do
  redis.call('HINCRBY', KEYS[1], field, 1)
end
local seq = redis.call('EXISTS', KEYS[1]) == 1 and redis.call('HINCRBY', KEYS[1], 'seq', 1) or 0
if KEYS[2] then
  if #untold > 0 then
    put_out(KEYS[2], id, now() + again_ms, tonumber(keep_ms))
  else
    redis.call('ZREM', KEYS[2], id)
  end
end
return { #untold, seq }
