-- GCRA: one attempt takes `interval` microseconds from an allowance of `burst` intervals. `key` holds the theoretical
-- arrival time of the next attempt. Answers 0 when the attempt may go on, else the microseconds until one may.
local function take(key, interval, burst)
  local now = micros()
  local arrival = math.max(redis.call('GET', key) or 0, now)
  local next_arrival = arrival + interval
  local wait = next_arrival - now - interval * burst
  if wait > 0 then
    return wait
  end
  local lifetime = math.ceil((next_arrival - now) / 1000)
  -- As text: what Redis makes of a number takes five times as long.
  redis.call('SET', key, string.format('%d', next_arrival), 'PX', string.format('%d', lifetime))
  return 0
end
