-- KEYS[1]: the login.
if redis.call('EXISTS', KEYS[1]) == 0 then
  return false
end
return record(KEYS[1], now())
