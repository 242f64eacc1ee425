-- ARGV: worker, lease_ms, ttl_ms, 1 when the worker has other jobs at work, the most jobs of one
-- tenant that may run or '', then the queues that it serves, the first before the others.
-- Returns {id, record}, or {} when there is nothing to do.
local worker, lease_ms, ttl_ms, busy, limit = ARGV[1], ARGV[2], ARGV[3], ARGV[4] == '1', tonumber(ARGV[5])
sweep()

-- The first job of a queue, or of a tenant's line in it, that this version can read; its tag and its tenant.
local function first_of(key, queue, line)
  local start = 0
  while true do
    local place = redis.call('ZRANGE', key, start, start, 'WITHSCORES')
    local id = place[1]
    if not id then return end
    local seen = redis.call('HMGET', KEY.JOB .. id, 'status', 'tenant', 'format')
    if seen[1] == 'queued' then
      -- A record of a later format is for the workers of that version.
      if tonumber(seen[3] or 1) <= FORMAT then return id, tonumber(place[2]), seen[2] end
      start = start + 1
    else
      -- The record has expired, and the next sweep ends the job; or somebody deleted it by hand; or a version
      -- took it that knows no lines.
      if sweep() == 0 then
        if line then leave_line(id, queue, line) else redis.call('ZREM', key, id) end
      end
      start = 0
    end
  end
end

-- The first job whose tenant may run one more: tenants in the order of their first jobs.
local function first_in_line(queue)
  if not lined_up(queue) and sweep() == 0 then line_up(queue) end
  local start = 0
  while true do
    local tenants = redis.call('ZRANGE', KEY.HEADS .. queue, start, start + 99)
    if #tenants == 0 then return end
    for _, tenant in ipairs(tenants) do
      if not runs_enough(tenant, limit) then
        local id, tag = first_of(line_of(queue, tenant), queue, tenant)
        if id then return id, tag, tenant end
      end
    end
    start = start + 100
  end
end

for index = 6, #ARGV do
  local queue, id, tag, tenant = ARGV[index]
  if limit then
    id, tag, tenant = first_in_line(queue)
  else
    id, tag, tenant = first_of(KEY.QUEUED .. queue, queue)
  end
  if id then
    -- It was at work when its worker died, and runs alone: the next death tells whose fault it is.
    if busy and get(id, 'alone') then return {} end
    leave_queue(id, queue, tenant)
    pass(queue, tag)
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
