-- ARGV: prefix, id, attempt, ttl_ms, stage. Returns 1 when the attempt holds the job.
if not holds(ARGV[3]) then return 0 end
keep(ARGV[4])
set('stage', ARGV[5])
changed()
return 1
