-- ARGV: tenant, or '' for all. Returns ids and records in turn, by tenant and age.
local found = {}
for _, member in ipairs(members(ARGV[1])) do
  local fields = record(id_of(member))
  if #fields == 0 then
    redis.call('ZREM', KEY.API_KEYS, member)
  else
    table.insert(found, id_of(member))
    table.insert(found, fields)
  end
end
return found
