-- KEYS[1]: a limit. ARGV[1]: its interval. Takes one counted attempt back: the arrival time as it was before it.
local arrival = tonumber(redis.call('GET', KEYS[1]))
if arrival then
  local earlier = arrival - ARGV[1]
  local lifetime = math.ceil((earlier - micros()) / 1000)
  if lifetime > 0 then
    redis.call('SET', KEYS[1], text(earlier), 'PX', text(lifetime))
  else
    redis.call('DEL', KEYS[1])
  end
end
