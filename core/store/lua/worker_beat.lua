-- ARGV: id, JSON of the heartbeat, ttl_ms. Forgets the workers whose heartbeats have run out.
local now = now_ms()
local silent = redis.call('ZRANGEBYSCORE', KEY.WORKERS, '-inf', now)
-- This comes first even when nobody is silent: it is a write that a Redis at maxmemory takes,
-- and opens the door for those below.
redis.call('ZREMRANGEBYSCORE', KEY.WORKERS, '-inf', now)
for _, id in ipairs(silent) do redis.call('HDEL', KEY.HEARTBEATS, id) end
redis.call('ZADD', KEY.WORKERS, now + ARGV[3], ARGV[1])
-- No heartbeat runs out later than one of now, unless the clock was set back since.
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEY.WORKERS, '(' .. now + ARGV[3], '+inf')) do
  redis.call('ZADD', KEY.WORKERS, now + ARGV[3], id)
end
redis.call('HSET', KEY.HEARTBEATS, ARGV[1], ARGV[2])
