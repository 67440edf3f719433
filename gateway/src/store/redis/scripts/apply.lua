-- Compares and sets; what may follow what is not known here but comes as the event's guard.
-- KEYS[1]: the login. ARGV[1]: JSON, see `ApplyArguments`. Answers words, and what to tell to whom.
local event = cjson.decode(ARGV[1])
local fields = redis.call('HMGET', KEYS[1],
  'state', 'seq', 'expires_at', 'person', 'identity', 'node', event.proof.field or 'state')
local state, seq, expires_at, person, identity, node, proven =
  fields[1], tonumber(fields[2]), tonumber(fields[3]), fields[4], fields[5], fields[6], fields[7]
if not state then
  return { { 'unknown' }, {} }
end

local function changed(stored)
  return '{"push":"changed","login_id":"' .. event.login_id .. '","stored":' .. stored .. '}'
end

local function among(states)
  for _, name in ipairs(states) do
    if name == state then
      return true
    end
  end
  return false
end

local at = now()
if person and event.person and person ~= event.person then
  return { { 'another_person' }, {} }
end
if among(event.guard.repeats) and (not event.identity or event.identity == identity) then
  -- A redeemed login keeps no change that told of the code.
  local stored = redis.call('HGET', KEYS[1], 'c' .. seq)
  return { { 'repeated', text(at), text(expires_at) }, stored and tell_again(node, changed(stored)) or {} }
end
if not among(event.guard.from) then
  return { { 'state', state }, {} }
end
if event.guard.due == 'before' and at >= expires_at then
  return { { 'too_late' }, {} }
end
if event.guard.due == 'after' and at < expires_at then
  return { { 'too_early' }, {} }
end
if event.proof.field and proven ~= event.proof.value then
  return { { 'unknown' }, {} }
end

seq = seq + 1
expires_at = at + event.lifetime_ms
local stored = '{"seq":' .. seq .. ',"at":' .. text(at) .. ',"expires_at":' .. text(expires_at) .. ',' .. event.change:sub(2)
redis.call('HSET', KEYS[1], 'state', event.guard.to, 'seq', seq, 'expires_at', text(expires_at), 'c' .. seq, stored)
if event.person then
  redis.call('HSET', KEYS[1], 'person', event.person)
else
  -- The states that follow events of nobody belong to nobody.
  redis.call('HDEL', KEYS[1], 'person')
end
if event.identity then
  redis.call('HSET', KEYS[1], 'identity', event.identity)
end
if event.renewal then
  -- A renewal outdates the one before.
  redis.call('HDEL', KEYS[1], 'c' .. redis.call('HGET', KEYS[1], 'renewed'))
  redis.call('HSET', KEYS[1], 'renewed', seq, 'scan_code', event.renewal.scan_code, 'user_code', event.renewal.user_code)
end
if event.grant then
  redis.call('HSET', KEYS[1], 'grant', event.grant, 'code', event.code, 'code_tries', 0)
end
redis.call('PEXPIREAT', KEYS[1], text(expires_at + event.keep_ms))
return { { 'changed', text(at), text(expires_at) }, tell(node, changed(stored)) }
