-- GCRA: one attempt takes `interval` microseconds from an allowance of `burst` intervals. `key` holds the theoretical
-- arrival time of the next attempt. Returns 0 if the attempt is allowed, else the microseconds until one is.
local function take(key, interval, burst)
  local arrival = math.max(redis.call('GET', key) or 0, micros())
  local next_arrival = arrival + interval
  local wait = next_arrival - micros() - interval * burst
  if wait > 0 then
    return wait
  end
  local lifetime = math.ceil((next_arrival - micros()) / 1000)
  redis.call('SET', key, text(next_arrival), 'PX', text(lifetime))
  return 0
end

-- Counts the script's attempts, in their order, behind its `own` arguments: the last keys are the limits', and each has
-- an interval and a burst among the last arguments. Returns nothing if all are allowed, else the answer of the script:
-- 'limited', the number of the limit that was reached, and the microseconds to wait.
local function limited(own)
  local limits = (#ARGV - own) / 2
  for number = 1, limits do
    local at = own + 2 * number
    local wait = take(KEYS[#KEYS - limits + number], tonumber(ARGV[at - 1]), tonumber(ARGV[at]))
    if wait > 0 then
      return { 'limited', text(number), text(wait) }
    end
  end
end

