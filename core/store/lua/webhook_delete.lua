-- ARGV: id, tenant. Returns 1, or 0 when the tenant has no such endpoint. What waits for it is not sent any more.
local id, tenant = ARGV[1], ARGV[2]
if redis.call('HGET', KEY.WEBHOOK .. id, 'tenant') ~= tenant then return 0 end
redis.call('UNLINK', KEY.WEBHOOK .. id)
redis.call('ZREM', KEY.WEBHOOKS .. tenant, id)
forget_subject(id)
return 1
