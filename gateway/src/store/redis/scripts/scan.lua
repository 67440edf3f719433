-- KEYS[1]: the login. Claims it for a person.
-- Returns the answer, with the browser's request for its owner, and the node to tell with its message.
local over = limited(14)
if over then
  return { over, {} }
end
local login_id, from, repeats, to, due, by, field, value, change, lifetime_ms, keep_ms, asked, tags, compare = unpack(ARGV)
local fields = redis.call('HMGET', KEYS[1], 'state', 'seq', 'expires_at', 'person', 'node',
  field == '' and 'state' or field, 'opened_at', 'request', 'known', 'device_code', 'closes_at')
local state, seq, expires_at, person, node, proven, opened_at, request, known, device_code, closes_at =
  fields[1], tonumber(fields[2]), tonumber(fields[3]), unpack(fields, 4)
local holds = field == '' or proven == value
-- A phone without the code learns nothing of the login's state. A sequence number proves nothing: it is compared last.
if not state or (not holds and field ~= 'seq') then
  return { { 'unknown' }, {} }
end
local at = now()
if person and person ~= by then
  return { { 'another_person' }, {} }
end
local repeated = among(repeats, state)
local refused = not repeated and refusal(state, expires_at, at, from, due)
if refused then
  return { refused, {} }
end
if not repeated and not holds then
  return { { 'unknown' }, {} }
end
-- The node compares the person with the request, and scans again. A quote within a text has a backslash before it, so this is
-- the member.
if compare == 'all' or (compare == 'expecting' and request:find('"expected_subject":', 1, true)) then
  return { { 'compare', request }, {} }
end
if repeated then
  local answer = { 'repeated', text(at), text(expires_at), opened_at, request, state }
  return { answer, push_again(node, login_id, seq) }
end

if asks(known, tags) then
  to = asked
  change = change:sub(1, -2) .. ',"agree":true}'
end
seq = seq + 1
expires_at = at + lifetime_ms
if device_code then
  -- A device gives up at the time that it was told, so its person must have decided by then.
  expires_at = math.min(expires_at, tonumber(closes_at))
end
local since, until_when = text(at), text(expires_at)
local kept = stored(seq, since, until_when, change)
redis.call('HSET', KEYS[1], 'state', to, 'seq', seq, 'expires_at', until_when, 'person', by, 'c' .. seq, kept)
redis.call('PEXPIREAT', KEYS[1], text(expires_at + keep_ms))
return { { 'changed', since, until_when, opened_at, request, to }, tell(node, push(login_id, kept)) }
