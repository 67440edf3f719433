-- The server's clock in microseconds since the epoch, read once: a script is one instant.
local instant
local function micros()
  if not instant then
    local time = redis.call('TIME')
    instant = time[1] * 1000000 + time[2]
  end
  return instant
end

-- The same in milliseconds.
local function now()
  return math.floor(micros() / 1000)
end

-- A whole number as text. Lua's default format keeps 14 digits, and Redis takes five times as long to convert a number.
local function text(number)
  return string.format('%d', number)
end

