-- Returns the number of live workers.
return redis.call('ZCOUNT', KEY.WORKERS, '(' .. now_ms(), '+inf')
