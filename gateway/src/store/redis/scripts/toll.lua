-- Counts the attempt that a script is against the limits that the caller wants it counted against: then the last keys are
-- the limits', and the arguments behind the first are what one attempt takes and the allowance, of each. Answers nothing
-- where it is let through, else what to answer: a word, which limit it was, and how long to wait.
local function refused()
  local limits = (#ARGV - 1) / 2
  for number = 1, limits do
    local wait = take(KEYS[#KEYS - limits + number], tonumber(ARGV[2 * number]), tonumber(ARGV[2 * number + 1]))
    if wait > 0 then
      return { 'limited', text(number), text(wait) }
    end
  end
end

