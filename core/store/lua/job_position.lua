-- ARGV: id, queue. Returns how many jobs wait before it, nil for a job that does not wait.
sweep()
return redis.call('ZRANK', KEY.QUEUED .. ARGV[2], ARGV[1])
