-- GCRA: one attempt takes `interval` microseconds from an allowance of `burst` intervals. `key` holds the theoretical
-- arrival time of the next attempt. Answers 0 when the attempt may go on, else the microseconds until one may.
local function take(key, interval, burst)
  local time = redis.call('TIME')
  local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
  local arrival = math.max(tonumber(redis.call('GET', key) or '0'), now)
  local next_arrival = arrival + interval
  local wait = next_arrival - now - interval * burst
  if wait > 0 then
    return wait
  end
  redis.call('SET', key, string.format('%.0f', next_arrival), 'PX', math.ceil((next_arrival - now) / 1000))
  return 0
end

