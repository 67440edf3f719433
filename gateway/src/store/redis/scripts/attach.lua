-- KEYS[1]: the login. ARGV: its id, receive key digest, the new node, the newest sequence number that the browser has, and
-- the number of its connection by its own count, or 0. Answers a word, the attachment's number, the login,
-- what the browser missed, and what to tell to whom.
local known = redis.call('HMGET', KEYS[1], 'receive_key', 'node', 'attempt')
if known[1] ~= ARGV[2] then
  return { 'unknown', 0, {}, {}, {} }
end
local attempt = tonumber(ARGV[5])
if attempt > 0 then
  if attempt < tonumber(known[3] or 1) then
    return { 'outrun', 0, {}, {}, {} }
  end
  redis.call('HSET', KEYS[1], 'attempt', attempt)
end
local number = redis.call('HINCRBY', KEYS[1], 'attachment', 1)
redis.call('HSET', KEYS[1], 'node', ARGV[3])
local told = {}
if known[2] ~= ARGV[3] then
  told = tell(known[2], '{"push":"superseded","login_id":"' .. ARGV[1] .. '","number":' .. number .. '}')
end
return { 'here', number, record(KEYS[1], now()), changes_after(KEYS[1], tonumber(ARGV[4])), told }
