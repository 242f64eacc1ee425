-- Lines: the waiting jobs of each tenant in a sorted set of its own, and the tenants by the tags of their first
-- jobs. A take that passes over a tenant does not look at the tenant's jobs then. Versions before lines know
-- nothing of them; LINED counts the jobs in the lines of a queue, which tells whether one was at work.

local function line_of(queue, tenant) return KEY.LINE .. queue .. ':' .. tenant end

local function show_head(queue, tenant)
  local first = redis.call('ZRANGE', line_of(queue, tenant), 0, 0, 'WITHSCORES')
  if first[1] then
    redis.call('ZADD', KEY.HEADS .. queue, first[2], tenant)
  else
    redis.call('ZREM', KEY.HEADS .. queue, tenant)
  end
end

local function enter_line(id, queue, tenant, tag)
  if redis.call('ZADD', line_of(queue, tenant), tag, id) == 0 then return end
  redis.call('INCR', KEY.LINED .. queue)
  show_head(queue, tenant)
end

local function leave_line(id, queue, tenant)
  if redis.call('ZREM', line_of(queue, tenant), id) == 0 then return end
  if redis.call('INCRBY', KEY.LINED .. queue, -1) <= 0 then redis.call('UNLINK', KEY.LINED .. queue) end
  show_head(queue, tenant)
end

-- Makes the lines of a queue those of the jobs that wait in it. It looks at each of them, and forgets those
-- that have no record; what has expired has to be swept before.
local function line_up(queue)
  for _, tenant in ipairs(redis.call('ZRANGE', KEY.HEADS .. queue, 0, -1)) do
    redis.call('UNLINK', line_of(queue, tenant))
  end
  redis.call('UNLINK', KEY.HEADS .. queue, KEY.LINED .. queue)
  local waiting = redis.call('ZRANGE', KEY.QUEUED .. queue, 0, -1, 'WITHSCORES')
  for index = 1, #waiting, 2 do
    local tenant = redis.call('HGET', KEY.JOB .. waiting[index], 'tenant')
    if tenant then
      enter_line(waiting[index], queue, tenant, waiting[index + 1])
    else
      redis.call('ZREM', KEY.QUEUED .. queue, waiting[index])
    end
  end
end

-- Whether all that wait in a queue are in lines.
local function lined_up(queue)
  return redis.call('ZCARD', KEY.QUEUED .. queue) == tonumber(redis.call('GET', KEY.LINED .. queue) or '0')
end
