-- ARGV: id, tenant, the most items to delete. Deletes jobs of a batch, and in the end the batch.
-- Returns 1 when there is more, 0 when all is gone, -1 when there is no such batch.
local batch, tenant = ARGV[1], ARGV[2]
local key, items = KEY.BATCH .. batch, KEY.BATCH_ITEMS .. batch
if redis.call('HGET', key, 'tenant') ~= tenant then return -1 end
redis.call('PEXPIRE', key, redis.call('HGET', key, 'ttl_ms')) -- never refused at maxmemory
-- Nothing joins it any more, and nobody hears of its end.
redis.call('HSET', key, 'complete', 1, 'status', 'canceled')

for index, number in ipairs(redis.call('HKEYS', items)) do
  if index > tonumber(ARGV[3]) then break end
  local job = cjson.decode(redis.call('HGET', items, number)).job
  if job and get(job, 'tenant') == tenant then forget_job(job, tenant) end
  redis.call('HDEL', items, number)
end
if redis.call('HLEN', items) > 0 then return 1 end
redis.call('UNLINK', key, items)
forget_subject(batch)
redis.call('ZREM', KEY.BATCHES .. tenant, batch)
return 0
