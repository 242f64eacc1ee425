-- ARGV: id, attempt, ttl_ms, stage, how much there is to do in it or 0 for unknown. Returns 1 when the attempt holds the job.
local id = ARGV[1]
if not holds(id, ARGV[2]) then return 0 end
keep(id, ARGV[3])
set(id, 'stage', ARGV[4])
if ARGV[5] == '0' then
  redis.call('HDEL', KEY.JOB .. id, 'progress')
else
  set(id, 'progress', '0/' .. ARGV[5])
end
changed(id)
return 1
