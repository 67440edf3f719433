-- KEYS[1]: the login. ARGV[1]: JSON with the login's fields, `code_ms`, `waiting_ms` and `keep_ms`.
local login = cjson.decode(ARGV[1])
local at = now()
local expires_at = at + login.code_ms
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1],
  'state', 'waiting', 'seq', 1, 'attachment', 1, 'renewed', 0,
  'opened_at', text(at), 'expires_at', text(expires_at), 'closes_at', text(at + login.waiting_ms),
  'receive_key', login.receive_key, 'scan_code', login.scan_code, 'user_code', login.user_code,
  'node', login.node, 'request', login.request)
redis.call('PEXPIREAT', KEYS[1], text(expires_at + login.keep_ms))
return { text(at), text(expires_at) }
