-- ARGV: queues. Returns {now in ms, {{jobs that wait, when the oldest came or 0}, …} by queue,
-- {{worker, queue, media JSON, when it started}, …} of the jobs that run, {name, mean, …} of the
-- service times, {heartbeat, …} of the live workers}.
sweep()

-- Each tenant's oldest job stands before all of its others, so the oldest of all is among the first.
local function oldest(queue)
  local came = 0
  for _, id in ipairs(redis.call('ZRANGE', KEY.QUEUED .. queue, 0, 99)) do
    local created = tonumber(get(id, 'created_at') or '0')
    if created > 0 and (came == 0 or created < came) then came = created end
  end
  return came
end

local queues, running = {}, {}
for index, queue in ipairs(ARGV) do
  queues[index] = {redis.call('ZCARD', KEY.QUEUED .. queue), oldest(queue)}
end
for _, id in ipairs(redis.call('ZRANGE', KEY.LEASES, 0, -1)) do
  local job = redis.call('HMGET', KEY.JOB .. id, 'worker', 'queue', 'media', 'started_at')
  if job[1] and job[2] and job[3] and job[4] then table.insert(running, job) end
end
local workers = redis.call('ZRANGEBYSCORE', KEY.WORKERS, '(' .. now_ms(), '+inf')
local beats = #workers > 0 and redis.call('HMGET', KEY.HEARTBEATS, unpack(workers)) or {}
return {now_ms(), queues, running, redis.call('HGETALL', KEY.SERVICE_TIMES), beats}
