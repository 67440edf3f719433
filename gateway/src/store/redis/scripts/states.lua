-- The state machine stands in the protocol crate. A script gets an event's guard as arguments, states as a list like
-- ',waiting,scanned,', and only compares and sets.
local function among(states, state)
  return states:find(',' .. state .. ',', 1, true) ~= nil
end

