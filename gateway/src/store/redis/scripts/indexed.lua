-- KEYS[1]: the index of a person's sessions. Returns their ids.
return redis.call('ZRANGE', KEYS[1], 0, -1)
