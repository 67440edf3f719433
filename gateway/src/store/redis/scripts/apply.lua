-- Compares and sets; what may follow what is not known here but comes as the event's guard.
-- KEYS[1]: the login. ARGV[1]: JSON, see `ApplyArguments`. Answers words, and what to tell to whom. May count an attempt,
-- see `toll.lua`.
local limited = refused()
if limited then
  return { limited, {} }
end
local event = cjson.decode(ARGV[1])
local fields = redis.call('HMGET', KEYS[1], 'state', 'seq', 'expires_at', 'person', 'identity', 'node',
  event.proof.field or 'state', 'request', 'opened_at', 'answer_uri')
local state, seq, expires_at, person, identity, node, proven, request, opened_at, answer_uri =
  fields[1], tonumber(fields[2]), tonumber(fields[3]), unpack(fields, 4)
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

-- The answer where the event holds, with what the browser asked for where the caller wants to know.
local function holds(word, at, until_when)
  if event.asks then
    return { word, at, until_when, opened_at, request }
  end
  return { word, at, until_when }
end

local at = now()
if person and event.person and person ~= event.person then
  return { { 'another_person' }, {} }
end
if among(event.guard.repeats) and (not event.identity or event.identity == identity) then
  -- A redeemed login keeps no change that told of the code.
  local stored = redis.call('HGET', KEYS[1], 'c' .. seq)
  return { holds('repeated', text(at), text(expires_at)), stored and tell_again(node, changed(stored)) or {} }
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

if event.answer then
  -- Whoever confirms does not know what the browser asked for. It is kept as JSON, and put in as it is.
  event.change = '{"change":"confirmed","redirect_to":' .. answer_uri:sub(1, -2) .. event.answer .. '"}'
  event.grant = event.grant:sub(1, -2) .. ',"auth_time":' .. text(math.floor(at / 1000)) .. ',' .. request:sub(2)
end
seq = seq + 1
expires_at = at + event.lifetime_ms
-- Written once each: printing such numbers over and over was a twentieth of the script.
local since, until_when = text(at), text(expires_at)
local stored = '{"seq":' .. seq .. ',"at":' .. since .. ',"expires_at":' .. until_when .. ',' .. event.change:sub(2)
local fresh = { 'state', event.guard.to, 'seq', seq, 'expires_at', until_when, 'c' .. seq, stored }
local function set(name, value)
  fresh[#fresh + 1], fresh[#fresh + 2] = name, value
end
if event.person then
  set('person', event.person)
elseif person then
  -- The states that follow events of nobody belong to nobody.
  redis.call('HDEL', KEYS[1], 'person')
end
if event.identity then
  set('identity', event.identity)
end
if event.renewal then
  -- A renewal outdates the one before.
  redis.call('HDEL', KEYS[1], 'c' .. redis.call('HGET', KEYS[1], 'renewed'))
  set('renewed', seq)
  set('scan_code', event.renewal.scan_code)
  set('user_code', event.renewal.user_code)
end
if event.grant then
  set('grant', event.grant)
  set('code', event.code)
  set('code_tries', 0)
end
redis.call('HSET', KEYS[1], unpack(fresh))
redis.call('PEXPIREAT', KEYS[1], text(expires_at + event.keep_ms))
return { holds('changed', since, until_when), tell(node, changed(stored)) }
