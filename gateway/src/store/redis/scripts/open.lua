-- KEYS[1]: the login. KEYS[2]: its user code, where one server has all keys.
-- Returns 'limited', 'taken', or 'opened' with the time and the code's time limit.
local over = limited(14)
if over then
  return over
end
local login_id, receive_key, scan_code, user_code, node, request, answer_uri, code_ms, waiting_ms, keep_ms, known, follow_ms, device_code, interval_ms =
  unpack(ARGV)
if #KEYS > 1 and not redis.call('SET', KEYS[2], login_id, 'NX', 'PX', code_ms) then
  return { 'taken' }
end
local at = now()
local expires_at = at + code_ms
redis.call('DEL', KEYS[1])
local fields = {
  'state', 'waiting', 'seq', 1, 'attachment', 1, 'renewed', 0,
  'opened_at', text(at), 'expires_at', text(expires_at), 'closes_at', text(at + waiting_ms),
  'receive_key', receive_key, 'scan_code', scan_code, 'user_code', user_code,
  'node', node, 'request', request, 'answer_uri', answer_uri,
}
if known ~= '' then
  fields[#fields + 1], fields[#fields + 2] = 'known', known
end
if device_code ~= '' then
  for _, value in ipairs({ 'device_code', device_code, 'interval', interval_ms }) do
    fields[#fields + 1] = value
  end
end
local gone_at = expires_at + keep_ms
if follow_ms ~= '' then
  -- Without a browser that follows, the login is gone early. Each event sets a time of its own, and so does a browser.
  fields[#fields + 1], fields[#fields + 2] = 'unfollowed', keep_ms
  gone_at = at + follow_ms
end
redis.call('HSET', KEYS[1], unpack(fields))
redis.call('PEXPIREAT', KEYS[1], text(gone_at))
return { 'opened', text(at), text(expires_at) }
