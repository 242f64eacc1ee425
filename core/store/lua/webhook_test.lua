-- ARGV: endpoint id, tenant, subject, type, JSON of its data. Returns the delivery, {} for no such endpoint.
local webhook = redis.call('HMGET', KEY.WEBHOOK .. ARGV[1], 'tenant', 'url')
if webhook[1] ~= ARGV[2] then return {} end
local message = 'msg_' .. ARGV[3]
redis.call('HSET', KEY.MESSAGE .. message, 'format', FORMAT, 'tenant', ARGV[2], 'type', ARGV[4], 'subject', ARGV[3],
  'at', now_ms(), 'data', ARGV[5])
local id = deliver(message, ARGV[2], ARGV[4], ARGV[3], ARGV[1], webhook[2])
return {id, redis.call('HGETALL', KEY.DELIVERY .. id)}
