-- GCRA: one attempt takes `interval` microseconds from an allowance of `burst` intervals.
-- KEYS[1]: the theoretical arrival time of the next attempt. ARGV: interval, burst.
-- Answers 0 when the attempt may go on, else the microseconds until one may.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local interval = tonumber(ARGV[1])
local allowance = interval * tonumber(ARGV[2])
local arrival = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
local next_arrival = arrival + interval
if next_arrival - now > allowance then
  return next_arrival - now - allowance
end
redis.call('SET', KEYS[1], string.format('%.0f', next_arrival), 'PX', math.ceil((next_arrival - now) / 1000))
return 0
