-- KEYS[1]: the login. ARGV[1]: newest sequence number that its waiter knows.
if redis.call('EXISTS', KEYS[1]) == 0 then
  return {}
end
return changes_after(KEYS[1], tonumber(ARGV[1]))
