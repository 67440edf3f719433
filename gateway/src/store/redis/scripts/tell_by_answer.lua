-- Says something to a node by way of the caller: the node's channel may be on another master.
local function tell(node, said)
  return { node, said }
end

-- Says it again, for a caller whose first saying may not have been heard.
local tell_again = tell

