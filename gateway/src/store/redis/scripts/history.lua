-- The fields from which the store reads a LoginRecord.
local function record(key, at)
  local fields = redis.call('HMGET', key, 'state', 'seq', 'expires_at', 'opened_at', 'closes_at', 'request', 'person', 'identity')
  fields[#fields + 1] = text(at)
  return fields
end

-- The changes after `seq` that are kept, in order.
local function changes_after(key, seq)
  local found = {}
  for number = seq + 1, tonumber(redis.call('HGET', key, 'seq')) do
    local change = redis.call('HGET', key, 'c' .. number)
    if change then
      found[#found + 1] = change
    end
  end
  return found
end

