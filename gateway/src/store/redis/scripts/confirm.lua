-- KEYS[1]: the login. Joins a person's confirm with the browser's request, which only the store knows.
-- Returns the answer, and the node to tell with its message.

-- The member with those of the person's claims that the request can ask for; nothing without any. `claims` holds for each
-- claim the scope that releases it and its value as JSON, which goes in unread.
local function wanted_claims(claims, request)
  if claims == '' then
    return ''
  end
  local asked = cjson.decode(request)
  local wanted = {}
  for word in asked.scope:gmatch('[^ ]+') do
    wanted['scope ' .. word] = true
  end
  local single = asked.claims_request or {}
  for _, names in ipairs({ single.userinfo or {}, single.id_token or {} }) do
    for _, name in ipairs(names) do
      wanted[name] = true
    end
  end
  local members = {}
  for name, known in pairs(cjson.decode(claims)) do
    if wanted[name] or wanted['scope ' .. known[1]] then
      members[#members + 1] = '"' .. name .. '":' .. known[2]
    end
  end
  if #members == 0 then
    return ''
  end
  return ',"claims":{' .. table.concat(members, ',') .. '}'
end

local over = limited(16)
if over then
  return { over, {} }
end
local login_id, from, repeats, to, due, by, as, grant, parameter, code, lifetime_ms, keep_ms, tag, compared, claims, expected =
  unpack(ARGV)
local fields = redis.call('HMGET', KEYS[1], 'state', 'seq', 'expires_at', 'person', 'identity', 'node', 'request', 'answer_uri', 'known',
  'device_code', 'closes_at')
local state, seq, expires_at, person, identity, node, request, answer_uri, known, device_code, closes_at =
  fields[1], tonumber(fields[2]), tonumber(fields[3]), unpack(fields, 4)
if not state then
  return { { 'unknown' }, {} }
end
local at = now()
-- Compared before the state, which is not for strangers. A login without a scan is not the person's either.
if person ~= by then
  return { { 'another_person' }, {} }
end
-- An app that knows nothing of devices must not confirm one unseen.
if device_code and compared == '' then
  return { { 'not_compared' }, {} }
end
-- A quote within a text of the request has a backslash before it, so this is the member.
if expected == '' and request:find('"expected_subject":', 1, true) then
  return { { 'not_expected' }, {} }
end
if among(repeats, state) and as == identity then
  return { { 'repeated', text(at), text(expires_at) }, push_again(node, login_id, seq) }
end
local refused = refusal(state, expires_at, at, from, due)
if refused then
  return { refused, {} }
end

seq = seq + 1
expires_at = at + lifetime_ms
if device_code then
  -- A device may have to wait for longer between two polls than a code lives.
  expires_at = math.max(expires_at, tonumber(closes_at))
end
local since, until_when = text(at), text(expires_at)
-- The address is kept as JSON, with its quotes, so that the parameter goes in before the last one.
local change = '{"change":"confirmed","redirect_to":' .. answer_uri:sub(1, -2) .. parameter .. '"' ..
  known_person(known, tag, request) .. '}'
local kept = stored(seq, since, until_when, change)
-- Two JSON objects that share no key become one.
local granted = grant:sub(1, -2) .. ',"auth_time":' .. text(math.floor(at / 1000)) .. wanted_claims(claims, request) .. ',' .. request:sub(2)
redis.call('HSET', KEYS[1], 'state', to, 'seq', seq, 'expires_at', until_when, 'identity', as, 'c' .. seq, kept,
  'grant', granted, 'code', code, 'code_tries', 0)
redis.call('PEXPIREAT', KEYS[1], text(expires_at + keep_ms))
return { { 'changed', since, until_when }, tell(node, push(login_id, kept)) }
