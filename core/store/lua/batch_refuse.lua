-- ARGV: id, number of the item, its JSON. Notes a file that no job was made for: it failed, or was
-- canceled with its batch. Returns 1, or 0 when the batch is gone. A file that is noted stays as it is,
-- and is not counted a second time: its job may have been made though the gateway did not hear of it.
if not keep_batch(ARGV[1]) then return 0 end
if redis.call('HEXISTS', KEY.BATCH_ITEMS .. ARGV[1], ARGV[2]) == 1 then return 1 end
redis.call('HSET', KEY.BATCH_ITEMS .. ARGV[1], ARGV[2], ARGV[3])
local canceled = redis.call('HGET', KEY.BATCH .. ARGV[1], 'cancel_requested') == '1'
count_in_batch(ARGV[1], nil, canceled and 'canceled' or 'failed')
return 1
