-- ARGV: id, tenant, the most endpoints of the tenant, then fields and values.
-- Returns {'created', record}, or {'full', number}.
local id, tenant = ARGV[1], ARGV[2]
local used = redis.call('ZCARD', KEY.WEBHOOKS .. tenant)
if used >= tonumber(ARGV[3]) then return {'full', used} end
redis.call('HSET', KEY.WEBHOOK .. id, 'format', FORMAT, 'tenant', tenant, 'created_at', now_ms())
for index = 4, #ARGV, 2 do redis.call('HSET', KEY.WEBHOOK .. id, ARGV[index], ARGV[index + 1]) end
redis.call('ZADD', KEY.WEBHOOKS .. tenant, now_ms(), id)
return {'created', redis.call('HGETALL', KEY.WEBHOOK .. id)}
