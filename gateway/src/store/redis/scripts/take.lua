-- KEYS: limits. ARGV: interval and burst of each. Counts attempts and does nothing else.
return limited(0) or { 'done' }
