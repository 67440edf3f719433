-- KEYS[1]: the request.
return redis.call('HGET', KEYS[1], 'request')
