-- KEYS[1]: the limit. ARGV: interval, burst.
return take(KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2]))
