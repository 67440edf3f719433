-- KEYS[1]: the login. ARGV: its id, receive key digest, the new node, the newest sequence number that the browser has.
-- Answers the attachment's number, the login, what the browser missed, and what to tell to whom.
local known = redis.call('HMGET', KEYS[1], 'receive_key', 'node')
if known[1] ~= ARGV[2] then
  return false
end
local number = redis.call('HINCRBY', KEYS[1], 'attachment', 1)
redis.call('HSET', KEYS[1], 'node', ARGV[3])
local told = {}
if known[2] ~= ARGV[3] then
  told = tell(known[2], '{"push":"superseded","login_id":"' .. ARGV[1] .. '","number":' .. number .. '}')
end
return { number, record(KEYS[1], now()), changes_after(KEYS[1], tonumber(ARGV[4])), told }
