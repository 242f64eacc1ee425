-- Fair shares of a queue, by start-time fair queueing; see decision 42. Those of the clock, of the
-- uploads and of the jobs come first.
--
-- A job waits under a tag. A tenant's tags rise by one from job to job, so the next job of each
-- tenant stands before the one after it of any. A tenant that had nothing waiting begins at virtual
-- time, which is the tag of the job that was taken last.

local function virtual_time(queue)
  local first = redis.call('ZRANGE', KEY.QUEUED .. queue, 0, 0, 'WITHSCORES')
  -- Nobody waits: time goes past all tags, and what anybody had before is forgotten.
  if not first[1] then
    if not lined_up(queue) then line_up(queue) end
    return redis.call('GET', KEY.PLACES) + 1
  end
  -- Where there is a gap before the first one, because jobs were canceled or another version took
  -- or placed them, time goes on.
  return math.max(tonumber(redis.call('GET', KEY.VIRTUAL_TIME .. queue) or '0'), first[2] - 1)
end

-- Older versions kept no tags of tenants: their jobs that wait have places, in the order of arrival.
local function adopt(queue)
  local waiting = redis.call('ZRANGE', KEY.QUEUED .. queue, 0, -1, 'WITHSCORES')
  for index = 1, #waiting, 2 do
    local tenant = get(waiting[index], 'tenant')
    if tenant then redis.call('ZADD', KEY.TAGS .. queue, waiting[index + 1], tenant) end
  end
end

-- Gives out the tag of a tenant's next job.
local function next_tag(queue, tenant)
  -- It begins with the time, so that tags go on where an emptied Redis forgot it; an older version
  -- counts on from it.
  redis.call('SET', KEY.PLACES, now_ms(), 'NX')
  if redis.call('EXISTS', KEY.VIRTUAL_TIME .. queue) == 0 then adopt(queue) end
  local time = virtual_time(queue)
  local last = tonumber(redis.call('ZSCORE', KEY.TAGS .. queue, tenant) or '0')
  -- Jobs that were canceled cost their tenant no turns.
  if booked(tenant, 'queued') == 0 then last = math.min(last, time) end
  local tag = math.max(time, last + 1)
  redis.call('SET', KEY.VIRTUAL_TIME .. queue, time)
  redis.call('ZADD', KEY.TAGS .. queue, tag, tenant)
  if tag > tonumber(redis.call('GET', KEY.PLACES)) then redis.call('SET', KEY.PLACES, tag) end
  return tag
end

-- The job with this tag is taken: time goes on, and tags that it has passed mean nothing any more.
local function pass(queue, tag)
  local time = math.max(tonumber(redis.call('GET', KEY.VIRTUAL_TIME .. queue) or '0'), tag)
  redis.call('SET', KEY.VIRTUAL_TIME .. queue, time)
  redis.call('ZREMRANGEBYSCORE', KEY.TAGS .. queue, '-inf', time - 1)
end

-- Whether a tenant runs as many jobs as it may. A lease that another version ended stays in the set.
local function runs_enough(tenant, limit)
  local running = KEY.RUNNING .. tenant
  if redis.call('SCARD', running) < limit then return false end
  for _, id in ipairs(redis.call('SMEMBERS', running)) do
    if not redis.call('ZSCORE', KEY.LEASES, id) then redis.call('SREM', running, id) end
  end
  return redis.call('SCARD', running) >= limit
end
