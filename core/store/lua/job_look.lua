-- ARGV: the tenant:policy for whose rate this counts or '', the most within the window, its ms, then
-- ids. Returns {what take_rate returned or {1}, what was found}: for each id {record, its position in
-- its queue or 0}, {{}, 0} for no such job; nothing where the rate forbids it.
local standing = {1}
if ARGV[1] ~= '' then
  standing = take_rate(ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), 1)
  if standing[1] == 0 then return {standing, {}} end
end
sweep()
local found = {}
for index = 4, #ARGV do
  local id = ARGV[index]
  local queue = get(id, 'status') == 'queued' and get(id, 'queue')
  local before = queue and redis.call('ZRANK', KEY.QUEUED .. queue, id)
  table.insert(found, {record(id), before and before + 1 or 0})
end
return {standing, found}
