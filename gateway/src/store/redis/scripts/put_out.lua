-- KEYS[1]: the outbox of logouts. ARGV: a session, the time after which it is due, and the time that ended ones are kept.
put_out(KEYS[1], ARGV[1], now() + ARGV[2], tonumber(ARGV[3]))
return { 'put' }
