-- KEYS[1]: the login. ARGV: its id, receive key digest, the new node, the newest sequence number that the browser has.
local known = redis.call('HMGET', KEYS[1], 'receive_key', 'node')
if known[1] ~= ARGV[2] then
  return false
end
local number = redis.call('HINCRBY', KEYS[1], 'attachment', 1)
redis.call('HSET', KEYS[1], 'node', ARGV[3])
if known[2] ~= ARGV[3] then
  redis.call('PUBLISH', 'saoma:inbox:' .. known[2],
    '{"push":"superseded","login_id":"' .. ARGV[1] .. '","number":' .. number .. '}')
end
return { number, record(KEYS[1], now()), changes_after(KEYS[1], tonumber(ARGV[4])) }
