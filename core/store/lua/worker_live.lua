-- Returns the JSON of every live worker's heartbeat.
local ids = redis.call('ZRANGEBYSCORE', KEY.WORKERS, '(' .. now_ms(), '+inf')
if #ids == 0 then return {} end
return redis.call('HMGET', KEY.HEARTBEATS, unpack(ids))
