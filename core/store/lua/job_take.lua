-- ARGV: worker, lease_ms, ttl_ms, 1 when the worker has other jobs at work, the most jobs of one
-- tenant that may run or '', the names of all queues by commas, then the queues that it serves, the
-- first before the others.
-- Returns {id, record}, or {} when there is nothing to do.
local worker, lease_ms, ttl_ms, busy, limit = ARGV[1], ARGV[2], ARGV[3], ARGV[4] == '1', tonumber(ARGV[5])
sweep()

-- Which tenants run as many jobs as they may, how many jobs those have waiting in all queues, and how
-- many wait there in all: once they are as many, nobody else waits.
local enough, passed_over, waiting = {}, 0, 0
if limit then
  for queue in ARGV[6]:gmatch('[^,]+') do waiting = waiting + redis.call('ZCARD', KEY.QUEUED .. queue) end
end

local function may_run(tenant)
  if not limit then return true end
  if enough[tenant] == nil then
    enough[tenant] = runs_enough(tenant, limit)
    if enough[tenant] then passed_over = passed_over + booked(tenant, 'queued') end
  end
  return not enough[tenant]
end

-- The first job of a queue whose tenant may run one more, with its tag and tenant.
local function first_of(queue)
  local key, start, step = KEY.QUEUED .. queue, 0, limit and 100 or 1
  while true do
    local page = redis.call('ZRANGE', key, start, start + step - 1, 'WITHSCORES')
    if #page == 0 then return end
    start = start + step
    for index = 1, #page, 2 do
      local id = page[index]
      local seen = redis.call('HMGET', KEY.JOB .. id, 'status', 'tenant', 'format')
      if seen[1] ~= 'queued' then
        -- The record has expired, and the next sweep ends the job; or somebody deleted it by hand.
        if sweep() == 0 then redis.call('ZREM', key, id) end
        start = 0
        break
      end
      -- A record of a later format is for the workers of that version.
      local readable = tonumber(seen[3] or 1) <= FORMAT
      if readable and may_run(seen[2]) then return id, tonumber(page[index + 1]), seen[2] end
      if limit and passed_over >= waiting then return end
    end
  end
end

for index = 7, #ARGV do
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
