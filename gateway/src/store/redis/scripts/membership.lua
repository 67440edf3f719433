-- Removes the oldest families of a client's refresh tokens, until no more are left than these.
local function limit_families(session, client_id, most)
  local own = {}
  for _, field in ipairs(fields_of(session, 'f:')) do
    local family = cjson.decode(redis.call('HGET', session, field))
    if family.client_id == client_id then
      own[#own + 1] = { field, family.absolute_until }
    end
  end
  table.sort(own, function(a, b) return a[2] < b[2] end)
  for number = 1, #own - most do
    redis.call('HDEL', session, own[number][1])
  end
end

-- Puts the client of a redeemed code into the session. Where there is none it begins one, unless the code came from a session.
-- `terms` are those of the client. Returns false if the session has ended.
local function join(session, id, person, grant, granted, terms, is_of_session, token, token_expires_at, keep_ms)
  local at = now()
  local there = redis.call('EXISTS', session) == 1
  if there and not is_alive(session, at) or is_of_session and not there then
    return false
  end
  local family = terms.family
  if family and family.needs_scope and not (' ' .. granted.scope .. ' '):find(' offline_access ', 1, true) then
    family = nil
  end
  if not there and not terms.lifetime_ms and not family then
    return true
  end
  if terms.indexes then
    index_session(index_of(person), id, at, at + terms.longest_ms)
  end
  begin_session(session, grant, at)
  prune(session, at)
  local client_id, name = granted.client_id, '-'
  redis.call('HSET', session, 'g:' .. client_id, grant)
  redis.call('HINCRBY', session, 'n:' .. client_id, 1)
  if terms.is_told then
    redis.call('HSET', session, 'u:' .. client_id, 0)
  end
  local until_ms = at + (terms.lifetime_ms or 0)
  if family then
    name = family.id
    local kept = { client_id = client_id, scope = granted.scope, current = family.token,
      idle_until = math.min(at + family.idle_ms, at + family.absolute_ms), absolute_until = at + family.absolute_ms }
    limit_families(session, client_id, family.most - 1)
    redis.call('HSET', session, 'f:' .. name, cjson.encode(kept))
    until_ms = math.max(until_ms, kept.idle_until)
  end
  keep_token(session, token, token_expires_at, client_id, name, granted.scope)
  prolong(session, at, math.max(until_ms, token_expires_at), keep_ms)
  redis.call('HSET', KEYS[1], 'in_session', 1)
  return true
end

-- Takes back what `join` has done for an access token. A session without a client and without a cookie is no more.
local function leave(session, token)
  local kept = redis.call('HGET', session, 't:' .. token)
  if not kept then
    return
  end
  local _, client_id, family = kept:match('^(%d+) (%S+) (%S+) ')
  redis.call('HDEL', session, 't:' .. token, 'f:' .. family)
  if redis.call('HINCRBY', session, 'n:' .. client_id, -1) > 0 then
    return
  end
  redis.call('HDEL', session, 'g:' .. client_id, 'n:' .. client_id, 'u:' .. client_id)
  if #fields_of(session, 'g:') == 0 and redis.call('HEXISTS', session, 'cookie') == 0 then
    redis.call('DEL', session)
  end
end

