-- The server's clock in microseconds since the epoch, read once: a script is one instant.
local instant
local function micros()
  if not instant then
    local time = redis.call('TIME')
    instant = time[1] * 1000000 + time[2]
  end
  return instant
end

