-- Counts the attempt that a script is, where the caller wants that: then the last key is the limit's, and the last two
-- arguments are what one attempt takes and the allowance. Answers as `take` does.
local function pay()
  if #ARGV < 3 then
    return 0
  end
  return take(KEYS[#KEYS], tonumber(ARGV[2]), tonumber(ARGV[3]))
end

