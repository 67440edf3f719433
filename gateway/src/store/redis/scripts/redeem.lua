-- KEYS[1]: the login, or the record of a code within a session. Compares a code, its client, redirect URI and
-- verifier with those of the login, and redeems it. With terms, the client is in the session from then on.
-- Returns 'limited', 'invalid', 'mismatched', 'replayed', or 'redeemed' with the grant.
local over = limited(14)
if over then
  return over
end
local presented, client_id, redirect_uri, challenge, access_token, token_ms, keep_ms, most_tries, from, to, proved, complete, id, terms = unpack(ARGV)
local session = session_key(KEYS[1])
local fields = redis.call('HMGET', KEYS[1], 'state', 'expires_at', 'seq', 'code', 'code_tries', 'token', 'grant', 'person', 'in_session')
local state, expires_at, seq, code, tries, token, grant, person, in_session = unpack(fields)
if not code or code ~= presented then
  return { 'invalid' }
end
if state == to then
  -- Only the first redeemer knows the token: its answer was lost, and it asks again. Any other presentation of the code
  -- shows that the code has leaked, even one that would be refused for another reason (RFC 6749 section 4.1.2). A caller
  -- that proves neither the code's own client nor the verifier has only the code, and must not end the token of others.
  if token == access_token then
    return { 'redeemed', grant }
  end
  -- A login without a challenge has no member code_challenge: only the secret of its client counts.
  local redeemed = cjson.decode(grant)
  if (proved == '' or redeemed.client_id ~= client_id) and redeemed.code_challenge ~= challenge then
    return { 'mismatched' }
  end
  redis.call('HDEL', KEYS[1], 'token')
  redis.call('HSET', KEYS[1], 'token_ended', 1)
  -- The caller ends the session, after the outbox has it.
  return { 'replayed', in_session and is_alive(session, now()) and 'in_session' or '' }
end
if tonumber(tries) >= tonumber(most_tries) or complete == '' then
  return { 'invalid' }
end
local granted = cjson.decode(grant)
-- Without a challenge the verifier must be missing, and the secret must prove the client (RFC 9700 section 4.8.2).
local verified = granted.code_challenge == challenge
if not granted.code_challenge then
  verified = challenge == '' and proved ~= ''
end
if granted.client_id ~= client_id or granted.redirect_uri ~= redirect_uri or not verified then
  -- Only the code's own client, proved by its secret, has tries: others must not end its code.
  if proved ~= '' and granted.client_id == client_id then
    redis.call('HINCRBY', KEYS[1], 'code_tries', 1)
  end
  return { 'mismatched' }
end
local at = now()
if not among(from, state) or at >= tonumber(expires_at) then
  return { 'invalid' }
end
local token_expires_at = at + token_ms
-- A code of single sign-on is good in its session only.
local is_of_session = KEYS[1]:find('saoma:code:', 1, true) == 1
if terms == '' and is_of_session then
  return { 'invalid' }
end
if terms ~= '' and not join(session, id, person, grant, granted, cjson.decode(terms), is_of_session, access_token, token_expires_at, keep_ms) then
  return { 'invalid' }
end
redis.call('HSET', KEYS[1], 'state', to, 'token', access_token, 'token_expires_at', text(token_expires_at))
-- The change that told the browser of the code is worthless now, and holds the code in clear.
redis.call('HDEL', KEYS[1], 'c' .. seq)
redis.call('PEXPIREAT', KEYS[1], text(token_expires_at + keep_ms))
return { 'redeemed', grant }
