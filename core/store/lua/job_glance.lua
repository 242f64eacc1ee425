-- ARGV: 'swept' as job_look takes it, then ids. Returns false when something has expired and has to be swept
-- first, else for each id 'revision.position' (0 for a job that does not wait), '' for no job.
if ARGV[1] == '' and due() then return false end
local tokens = {}
for index = 2, #ARGV do
  local id = ARGV[index]
  local seen = redis.call('HMGET', KEY.JOB .. id, 'revision', 'status', 'queue')
  if not seen[1] then
    table.insert(tokens, '')
  else
    local before = seen[2] == 'queued' and redis.call('ZRANK', KEY.QUEUED .. seen[3], id)
    table.insert(tokens, seen[1] .. '.' .. (before and before + 1 or 0))
  end
end
return tokens
