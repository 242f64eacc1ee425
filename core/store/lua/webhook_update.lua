-- ARGV: id, tenant, then fields and values. Returns the record, {} when the tenant has no such endpoint.
local webhook = KEY.WEBHOOK .. ARGV[1]
if redis.call('HGET', webhook, 'tenant') ~= ARGV[2] then return {} end
for index = 3, #ARGV, 2 do
  redis.call('HSET', webhook, ARGV[index], ARGV[index + 1])
  if ARGV[index] == 'enabled' then redis.call('HDEL', webhook, 'disabled_because') end
end
return redis.call('HGETALL', webhook)
