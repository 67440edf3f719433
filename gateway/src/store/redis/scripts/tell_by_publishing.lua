-- Says something to a node. What is to be said stands in the answer where the caller has to publish it; here nothing.
local function tell(node, said)
  redis.call('PUBLISH', 'saoma:inbox:' .. node, said)
  return {}
end

-- Says it again, for a caller whose first saying may not have been heard.
local function tell_again()
  return {}
end

