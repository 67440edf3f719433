-- Hands a message to a node over to the caller, who publishes it: the node's channel may be on another master.
local function tell(node, message)
  return { node, message }
end

-- Sends the message of a repeated event: the caller of the first may have failed before it published.
local tell_again = tell

