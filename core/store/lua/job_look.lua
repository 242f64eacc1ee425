-- ARGV: ids. Returns for each {record, its position in its queue or 0}; {{}, 0} for no such job.
sweep()
local found = {}
for index, id in ipairs(ARGV) do
  local queue = get(id, 'status') == 'queued' and get(id, 'queue')
  local before = queue and redis.call('ZRANK', KEY.QUEUED .. queue, id)
  found[index] = {record(id), before and before + 1 or 0}
end
return found
