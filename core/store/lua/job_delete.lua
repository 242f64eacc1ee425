-- ARGV: id, tenant. Returns 1, or 0 when there is no such job.
local id, tenant = ARGV[1], ARGV[2]
if get(id, 'tenant') ~= tenant then return 0 end
forget_job(id, tenant)
return 1
