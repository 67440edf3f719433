-- KEYS[1]: the login.
if redis.call('HEXISTS', KEYS[1], 'code') == 1 then
  redis.call('HINCRBY', KEYS[1], 'code_tries', 1)
end
return 0
