-- Returns nothing if the guard admits the event at this time, else the answer of the script.
local function refusal(state, expires_at, at, from, due)
  if not among(from, state) then
    return { 'state', state }
  end
  if due == 'before' and at >= expires_at then
    return { 'too_late' }
  end
  if due == 'after' and at < expires_at then
    return { 'too_early' }
  end
end

-- A change as it is kept: `change` is a JSON object, into which its place in the history is put.
local function stored(seq, since, until_when, change)
  return '{"seq":' .. seq .. ',"at":' .. since .. ',"expires_at":' .. until_when .. ',' .. change:sub(2)
end

-- The message that tells a node of a change.
local function push(login_id, change)
  return '{"push":"changed","login_id":"' .. login_id .. '","stored":' .. change .. '}'
end

-- What a repeated event has to say to the node again. A redeemed login keeps no change that told of the code.
local function push_again(node, login_id, seq)
  local change = redis.call('HGET', KEYS[1], 'c' .. seq)
  return change and tell_again(node, push(login_id, change)) or {}
end

