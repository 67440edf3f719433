-- KEYS: one of the node's own. ARGV: its lifetime in milliseconds. Does what each step of a login does: writes a key, lets
-- it expire, and reads it. A server without room, or one that only reads, refuses it as it would refuse the step.
redis.call('HSET', KEYS[1], 'at', text(now()))
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return redis.call('HGET', KEYS[1], 'at')
