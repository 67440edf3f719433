-- The field `known` of a login holds the tags of the persons whom its browser knows, as a list like ',tag,tag,'; it is absent
-- if there are none, and '*' if the client does not want its browsers to be asked.

-- Returns true if the browser must agree to a person. `tags` are the person's, each with a comma behind it.
local function asks(known, tags)
  if not known then
    return true
  end
  if known == '*' then
    return false
  end
  for tag in tags:gmatch('[^,]+') do
    if among(known, tag) then
      return false
    end
  end
  return true
end

-- The member of a confirmed change that lets the browser know the person; nothing if browsers are not asked.
local function known_person(known, tag, request)
  if known == '*' then
    return ''
  end
  local client_id = cjson.encode(cjson.decode(request).client_id)
  return ',"known":{"person":"' .. tag .. '","client_id":' .. client_id .. '}'
end

