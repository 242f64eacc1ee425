-- ARGV: id.
redis.call('ZREM', KEY.WORKERS, ARGV[1])
redis.call('HDEL', KEY.HEARTBEATS, ARGV[1])
