-- ARGV: job id, tenant. Returns 1, or 0 when the tenant has said nothing of that job.
local id, tenant = ARGV[1], ARGV[2]
if redis.call('ZREM', KEY.FEEDBACK_JOBS .. tenant, id) == 0 then return 0 end
redis.call('UNLINK', KEY.FEEDBACK .. id)
free_pictures(KEY.FEEDBACK_PICTURES .. id)
return 1
