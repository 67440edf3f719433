-- The last argument is the time by which the script must have begun, in milliseconds by the server's clock. After it the
-- caller has been told that there is no answer, so that nothing may change any more.
if now() > tonumber(table.remove(ARGV)) then
  return { 'late', text(now()) }
end

