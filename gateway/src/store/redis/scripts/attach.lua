-- KEYS[1]: the login. Moves its browser to a node.
-- Returns a word, the attachment's number, the login, the changes that the browser missed, and the node to tell with its
-- message; instead of the last, the limit that was reached.
local over = limited(5)
if over then
  return { 'limited', 0, {}, {}, over }
end
local login_id, receive_key, node, last_seq, attempt = unpack(ARGV)
local known = redis.call('HMGET', KEYS[1], 'receive_key', 'node', 'attempt', 'unfollowed', 'expires_at', 'seq')
if known[1] ~= receive_key then
  return { 'unknown', 0, {}, {}, {} }
end
attempt = tonumber(attempt)
if attempt > 0 then
  if attempt < tonumber(known[3] or 1) then
    return { 'stale', 0, {}, {}, {} }
  end
  redis.call('HSET', KEYS[1], 'attempt', attempt)
end
local number = redis.call('HINCRBY', KEYS[1], 'attachment', 1)
redis.call('HSET', KEYS[1], 'node', node)
if known[4] and known[6] == '1' then
  -- From now on the login lives as long as one whose browser held it from the start. An event has set its own time.
  redis.call('HDEL', KEYS[1], 'unfollowed')
  redis.call('PEXPIREAT', KEYS[1], text(known[5] + known[4]))
end
local told = {}
if known[2] ~= node then
  told = tell(known[2], '{"push":"superseded","login_id":"' .. login_id .. '","number":' .. number .. '}')
end
return { 'here', number, record(KEYS[1], now()), changes_after(KEYS[1], tonumber(last_seq)), told }
