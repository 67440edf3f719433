-- KEYS[1]: the index of a person's sessions. ARGV: the session, and the longest time that it lasts.
-- Returns 'indexed' and the instant of its end at the latest.
local at = now()
index_session(KEYS[1], ARGV[1], at, at + ARGV[2])
return { 'indexed', text(at + ARGV[2]) }
