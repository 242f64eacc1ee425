-- ARGV: ids. Returns for each 'revision.position' (0 for a job that does not wait), '' for no job.
sweep()
local tokens = {}
for index, id in ipairs(ARGV) do
  local seen = redis.call('HMGET', KEY.JOB .. id, 'revision', 'status', 'queue')
  if not seen[1] then
    tokens[index] = ''
  else
    local before = seen[2] == 'queued' and redis.call('ZRANK', KEY.QUEUED .. seen[3], id)
    tokens[index] = seen[1] .. '.' .. (before and before + 1 or 0)
  end
end
return tokens
