-- ARGV: delivery id, endpoint id, tenant. Makes a new delivery of the same message.
-- Returns {id, delivery}, {} when the endpoint has no such delivery or its message has expired.
local seen = redis.call('HMGET', KEY.DELIVERY .. ARGV[1], 'endpoint', 'tenant', 'message', 'type', 'subject')
local url = redis.call('HGET', KEY.WEBHOOK .. ARGV[2], 'url')
if not url or seen[1] ~= ARGV[2] or seen[2] ~= ARGV[3] then return {} end
if redis.call('EXISTS', KEY.MESSAGE .. seen[3]) == 0 then return {} end
local id = deliver(seen[3], seen[2], seen[4], seen[5], ARGV[2], url)
return {id, redis.call('HGETALL', KEY.DELIVERY .. id)}
