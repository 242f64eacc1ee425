-- ARGV: id, for how many ms from now it is taken for under way. Returns 1, 0 when it is gone or complete.
if redis.call('HGET', KEY.BATCH .. ARGV[1], 'complete') ~= '0' then return 0 end
keep_batch(ARGV[1]) -- first, so that a Redis at maxmemory takes the rest
redis.call('HSET', KEY.BATCH .. ARGV[1], 'sending_until', now_ms() + ARGV[2])
return 1
