-- ARGV: 'swept' when the caller has just had job_sweep run, else ''; the tenant:policy for whose rate this
-- counts or '', the most within the window, its ms; then ids, each with the revision that the caller knows or ''.
-- Returns false, and has counted nothing, when something has expired and has to be swept first. Else for each
-- id its position in its queue (0 when it does not wait) where the caller knows the record, {record, position}
-- where it does not, and false for no such job; behind them what take_rate returned, where a rate counts. Where
-- that forbids the look, there is false for each id.
if ARGV[1] == '' and due() then return false end

local function look(id, known)
  local seen = redis.call('HMGET', KEY.JOB .. id, 'revision', 'status', 'queue')
  if not seen[1] then return false end
  local before = seen[2] == 'queued' and redis.call('ZRANK', KEY.QUEUED .. seen[3], id)
  local position = before and before + 1 or 0
  return seen[1] == known and position or {redis.call('HGETALL', KEY.JOB .. id), position}
end

local standing = ARGV[2] == '' and {} or take_rate(ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), 1)
local answer = {}
for index = 5, #ARGV, 2 do
  table.insert(answer, standing[1] ~= 0 and look(ARGV[index], ARGV[index + 1]))
end
for _, number in ipairs(standing) do table.insert(answer, number) end
return answer
