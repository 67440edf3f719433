-- KEYS[1]: the login. ARGV[1]: the code's digest. Answers a word, and what the code stands for with the tries that
-- failed. May count an attempt, see `toll.lua`.
local limited = refused()
if limited then
  return limited
end
local fields = redis.call('HMGET', KEYS[1], 'code', 'code_tries', 'grant')
if fields[1] ~= ARGV[1] or not fields[3] then
  return { 'unknown' }
end
return { 'grant', fields[2], fields[3] }
