-- ARGV: id. No more files will come. Returns the record, {} when the batch is gone.
if not keep_batch(ARGV[1]) then return {} end
redis.call('HSET', KEY.BATCH .. ARGV[1], 'complete', 1)
settle_batch(ARGV[1])
return redis.call('HGETALL', KEY.BATCH .. ARGV[1])
