-- ARGV: id, tenant, ttl_ms of jobs, the first item, how many.
-- Returns {status before, how many items there are}, or {} when there is no such batch.
local batch, first, count = ARGV[1], tonumber(ARGV[4]), tonumber(ARGV[5])
local key = KEY.BATCH .. batch
local seen = redis.call('HMGET', key, 'tenant', 'status')
if seen[1] ~= ARGV[2] then return {} end
if seen[2] == 'running' then
  redis.call('PEXPIRE', key, redis.call('HGET', key, 'ttl_ms')) -- never refused at maxmemory
  redis.call('HSET', key, 'cancel_requested', 1)
  for number = first, first + count - 1 do
    local job = cjson.decode(redis.call('HGET', KEY.BATCH_ITEMS .. batch, number) or '{}').job
    if job and get(job, 'tenant') == ARGV[2] then cancel(job, tonumber(ARGV[3])) end
  end
end
return {seen[2], redis.call('HLEN', KEY.BATCH_ITEMS .. batch)}
