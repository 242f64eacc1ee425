-- ARGV: worker, lease_ms, ttl_ms, 1 when the worker has other jobs at work, the most jobs of one
-- tenant that may run or '', then the queues that it serves, the first before the others.
-- Returns {id, record}, or {} when there is nothing to do.
local worker, lease_ms, ttl_ms, busy, limit = ARGV[1], ARGV[2], ARGV[3], ARGV[4] == '1', tonumber(ARGV[5])
sweep()

-- The first job of a queue whose tenant may run one more, with its tag.
local function first_of(queue)
  local place, enough = 0, {}
  while true do
    local id, tag = unpack(redis.call('ZRANGE', KEY.QUEUED .. queue, place, place, 'WITHSCORES'))
    if not id then return end
    local status, tenant = unpack(redis.call('HMGET', KEY.JOB .. id, 'status', 'tenant'))
    if status ~= 'queued' then
      -- The record has expired, and the next sweep ends the job; or somebody deleted it by hand.
      if sweep() == 0 then redis.call('ZREM', KEY.QUEUED .. queue, id) end
      place = 0
    else
      if limit and enough[tenant] == nil then enough[tenant] = runs_enough(tenant, limit) end
      if not enough[tenant] then return id, tonumber(tag), tenant end
      place = place + 1
    end
  end
end

for index = 6, #ARGV do
  local id, tag, tenant = first_of(ARGV[index])
  if id then
    -- It was at work when its worker died, and runs alone: the next death tells whose fault it is.
    if busy and get(id, 'alone') then return {} end
    leave_queue(id, ARGV[index], tenant)
    pass(ARGV[index], tag)
    redis.call('ZADD', KEY.LEASES, now_ms() + lease_ms, id)
    redis.call('SADD', KEY.RUNNING .. tenant, id)
    redis.call('HINCRBY', KEY.JOB .. id, 'attempt', 1)
    set(id, 'status', 'processing', 'worker', worker, 'started_at', now_ms())
    keep(id, ttl_ms)
    changed(id)
    return {id, record(id)}
  end
end
return {}
