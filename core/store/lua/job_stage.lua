-- ARGV: id, attempt, ttl_ms, stage. Returns 1 when the attempt holds the job.
local id = ARGV[1]
if not holds(id, ARGV[2]) then return 0 end
keep(id, ARGV[3])
set(id, 'stage', ARGV[4])
changed(id)
return 1
