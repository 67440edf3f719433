-- KEYS: the login, and where one server has all keys what its user code leads from. ARGV[1]: JSON with the login's
-- fields, `code_ms`, `waiting_ms` and `keep_ms`. Answers a word, and instants. May count an attempt, see `toll.lua`.
local limited = refused()
if limited then
  return limited
end
local login = cjson.decode(ARGV[1])
if login.claims and not redis.call('SET', KEYS[2], login.login_id, 'NX', 'PX', text(login.code_ms)) then
  return { 'taken' }
end
local at = now()
local expires_at = at + login.code_ms
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1],
  'state', 'waiting', 'seq', 1, 'attachment', 1, 'renewed', 0,
  'opened_at', text(at), 'expires_at', text(expires_at), 'closes_at', text(at + login.waiting_ms),
  'receive_key', login.receive_key, 'scan_code', login.scan_code, 'user_code', login.user_code,
  'node', login.node, 'request', login.request, 'answer_uri', login.answer_uri)
redis.call('PEXPIREAT', KEYS[1], text(expires_at + login.keep_ms))
return { 'opened', text(at), text(expires_at) }
