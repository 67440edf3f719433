-- Sends a message to a node. Returns nothing for the caller to publish.
local function tell(node, message)
  redis.call('PUBLISH', 'saoma:inbox:' .. node, message)
  return {}
end

-- Sends the message of a repeated event: it was published with the event itself.
local function tell_again()
  return {}
end

