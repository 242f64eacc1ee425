-- ARGV: id of an upload whose objects are gone.
redis.call('ZREM', KEY.DOOMED, ARGV[1])
