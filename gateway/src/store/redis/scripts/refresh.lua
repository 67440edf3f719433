-- KEYS[1]: a session. Exchanges a refresh token for its successor and an access token.
-- Returns 'limited', 'invalid', 'reused', 'scope', or 'refreshed' with the client's grant, the token's scope and the session's
-- sequence number.
local over = limited(10)
if over then
  return over
end
local family_id, token, successor, client_id, scope, access_token, token_ms, idle_ms, grace_ms, keep_ms = unpack(ARGV)
local at = now()
local kept = redis.call('HGET', KEYS[1], 'f:' .. family_id)
if not kept or not is_alive(KEYS[1], at) then
  return { 'invalid' }
end
local family = cjson.decode(kept)
local grant = redis.call('HGET', KEYS[1], 'g:' .. client_id)
if family.client_id ~= client_id or not grant or at >= math.min(family.idle_until, family.absolute_until) then
  return { 'invalid' }
end
-- The answer to the token's use was lost, and its successor was not used since. The grace counts from the first use: renewed
-- by each repeat, it would keep a used token good for as long as its holder, or a thief, repeats it.
local is_repeat = family.previous == token and at < family.rotated_at + grace_ms
if family.current ~= token and not is_repeat then
  -- Two parties have the family, and one of them has stolen it (RFC 9700 section 4.14.2). The caller ends the session, after
  -- the outbox has it.
  return { 'reused' }
end
for word in scope:gmatch('%S+') do
  if not (' ' .. family.scope .. ' '):find(' ' .. word .. ' ', 1, true) then
    return { 'scope' }
  end
end
if not is_repeat then
  family.previous, family.rotated_at = token, at
end
family.current = successor
family.idle_until = math.min(at + idle_ms, family.absolute_until)
redis.call('HSET', KEYS[1], 'f:' .. family_id, cjson.encode(family))
prune(KEYS[1], at)
local granted = scope == '' and family.scope or scope
keep_token(KEYS[1], access_token, at + token_ms, client_id, family_id, granted)
local seq = redis.call('HINCRBY', KEYS[1], 'seq', 1)
prolong(KEYS[1], at, math.max(family.idle_until, at + token_ms), keep_ms)
return { 'refreshed', grant, granted, text(seq) }
