-- ARGV: prefix, id, attempt, stage. Returns 1 when the attempt holds the job.
if not holds(ARGV[3]) then return 0 end
set('stage', ARGV[4])
changed()
return 1
