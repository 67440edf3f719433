-- KEYS[1]: a session. Returns its fields and the time, or nothing.
local fields = redis.call('HGETALL', KEYS[1])
if #fields == 0 then
  return {}
end
return { fields, text(now()) }
