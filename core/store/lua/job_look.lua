-- ARGV: the tenant:policy for whose rate this counts or '', the most within the window, its ms, then
-- ids, each with the revision that the caller knows or ''. Returns {what take_rate returned or {1},
-- what was found}: for each id {record, its position in its queue or 0}, with 1 in place of a record
-- that the caller knows, {{}, 0} for no such job; nothing where the rate forbids it.
local standing = {1}
if ARGV[1] ~= '' then
  standing = take_rate(ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), 1)
  if standing[1] == 0 then return {standing, {}} end
end
sweep()
local found = {}
for index = 4, #ARGV, 2 do
  local id = ARGV[index]
  local seen = redis.call('HMGET', KEY.JOB .. id, 'revision', 'status', 'queue')
  local before = seen[2] == 'queued' and redis.call('ZRANK', KEY.QUEUED .. seen[3], id)
  local told = seen[1] == ARGV[index + 1] and 1 or record(id)
  table.insert(found, {told, before and before + 1 or 0})
end
return {standing, found}
