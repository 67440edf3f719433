-- Returns the key of a session from any key of its slot.
local function session_key(key)
  return 'saoma:session:' .. key:match('{.-}')
end

-- A session at the provider is a hash in the slot of the login that began it:
--   seq, grant, began_at, used_at, expires_at; cookie, if it serves single sign-on; ended and ended_at, if it has ended
--   g:<client>  the grant of the client's newest login in it
--   n:<client>  the number of its logins
--   u:<client>  the client is to be told of the end: the failed tries so far
--   t:<digest>  an access token: its end, its client, its family or '-', its scope
--   f:<family>  a family of refresh tokens, as JSON

-- Returns the names of a session's fields that begin so.
local function fields_of(session, start)
  local found = {}
  for _, field in ipairs(redis.call('HKEYS', session)) do
    if field:sub(1, #start) == start then
      found[#found + 1] = field
    end
  end
  return found
end

-- Returns true if a session has neither ended nor run out.
local function is_alive(session, at)
  local fields = redis.call('HMGET', session, 'expires_at', 'ended')
  return fields[1] and not fields[2] and at < tonumber(fields[1])
end

-- Makes a session last until a time at least, and notes its use.
local function prolong(session, at, until_ms, keep_ms)
  local expires_at = math.max(tonumber(redis.call('HGET', session, 'expires_at') or 0), until_ms)
  redis.call('HSET', session, 'used_at', text(at), 'expires_at', text(expires_at))
  redis.call('PEXPIREAT', session, text(expires_at + keep_ms))
end

-- Begins a session, unless it is there.
local function begin_session(session, grant, at)
  if redis.call('EXISTS', session) == 0 then
    redis.call('HSET', session, 'seq', 0, 'grant', grant, 'began_at', text(at))
  end
  return redis.call('HINCRBY', session, 'seq', 1)
end

-- Removes access tokens and families that have run out.
local function prune(session, at)
  for _, field in ipairs(fields_of(session, 't:')) do
    if tonumber(redis.call('HGET', session, field):match('^%d+')) <= at then
      redis.call('HDEL', session, field)
    end
  end
  for _, field in ipairs(fields_of(session, 'f:')) do
    local family = cjson.decode(redis.call('HGET', session, field))
    if math.min(family.idle_until, family.absolute_until) <= at then
      redis.call('HDEL', session, field)
    end
  end
end

-- Keeps an access token of a client.
local function keep_token(session, token, expires_at, client_id, family, scope)
  redis.call('HSET', session, 't:' .. token, text(expires_at) .. ' ' .. client_id .. ' ' .. family .. ' ' .. scope)
end

-- Returns the grant behind an access token of a session and the token's scope, or nothing.
local function session_access(session, token, at)
  local kept = redis.call('HGET', session, 't:' .. token)
  if not kept or redis.call('HEXISTS', session, 'ended') == 1 then
    return {}
  end
  local expires_at, client_id, _, scope = kept:match('^(%d+) (%S+) (%S+) (.*)$')
  local grant = redis.call('HGET', session, 'g:' .. client_id)
  if at >= tonumber(expires_at) or not grant then
    return {}
  end
  return { grant, scope }
end

-- Ends a session and its tokens. Returns 'unknown', 'before' or 'now'.
local function end_session(session, reason, at, keep_ms)
  if redis.call('HEXISTS', session, 'ended') == 1 then
    return 'before'
  end
  if not is_alive(session, at) then
    return 'unknown'
  end
  for _, start in ipairs({ 't:', 'f:' }) do
    for _, field in ipairs(fields_of(session, start)) do
      redis.call('HDEL', session, field)
    end
  end
  redis.call('HSET', session, 'ended', reason, 'ended_at', text(at))
  redis.call('HINCRBY', session, 'seq', 1)
  redis.call('PEXPIREAT', session, text(at + keep_ms))
  return 'now'
end

