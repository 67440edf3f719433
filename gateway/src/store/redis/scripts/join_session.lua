-- KEYS[1]: a session. Makes the record of a new code in it, which is like a confirmed login. Returns 'joined' or 'unknown'.
local cookie, code, grant, person, state, code_ms, keep_ms = unpack(ARGV)
local record = 'saoma:code:' .. KEYS[1]:match('{.-}') .. ':' .. code
local at = now()
if redis.call('HGET', KEYS[1], 'cookie') ~= cookie or not is_alive(KEYS[1], at) then
  return { 'unknown' }
end
local expires_at = at + code_ms
redis.call('HSET', record, 'state', state, 'seq', 0, 'expires_at', text(expires_at), 'code', code, 'code_tries', 0,
  'grant', grant, 'person', person)
redis.call('PEXPIREAT', record, text(expires_at + keep_ms))
redis.call('HINCRBY', KEYS[1], 'seq', 1)
redis.call('HSET', KEYS[1], 'used_at', text(at))
return { 'joined' }
