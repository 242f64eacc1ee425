-- ARGV: lease_ms, max_attempts, ttl_ms, crash_ttl_ms, error JSON.
-- Ends or requeues the jobs of lost workers. Returns {{id, what became of it}, …}.
local lease_ms, max_attempts, ttl_ms = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local crash_ttl_ms, error_json = ARGV[4], ARGV[5]
local now = now_ms()
sweep()

-- Workers ask this several times within half a lease, and each time the mark lives on for
-- that long. Without the mark nobody could reach Redis, so nobody could renew either: that
-- time is no worker's fault, and every lease begins anew. An outage that is too short to
-- be noticed so cannot end a lease, for a lease is renewed every third of its length.
local watched_ms = math.floor(lease_ms / 2)
if redis.call('PEXPIRE', KEY.WATCHED, watched_ms) == 0 then
  redis.call('SET', KEY.WATCHED, 1, 'PX', watched_ms)
  for _, id in ipairs(redis.call('ZRANGE', KEY.LEASES, 0, -1)) do
    redis.call('ZADD', KEY.LEASES, 'XX', now + lease_ms, id)
  end
end

-- No lease ends later than one that begins now, unless the clock was set back since.
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEY.LEASES, '(' .. now + lease_ms, '+inf')) do
  redis.call('ZADD', KEY.LEASES, 'XX', now + lease_ms, id)
end

-- The workers that let a lease run out. One that has renewed another lease within its last half
-- lives, and only dropped the job; the others are lost, with everything that they had at work.
local lost, alive, any = {}, {}, false
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEY.LEASES, '-inf', now, 'LIMIT', 0, 100)) do
  lost[get(id, 'worker') or ''], any = {}, true
end
if not any then return {} end
local leases = redis.call('ZRANGE', KEY.LEASES, 0, -1, 'WITHSCORES')
for index = 1, #leases, 2 do
  local worker, ends = get(leases[index], 'worker') or '', tonumber(leases[index + 1])
  if lost[worker] then
    table.insert(lost[worker], {id = leases[index], ends = ends, stage = get(leases[index], 'stage')})
    if ends > now + lease_ms / 2 then alive[worker] = true end
  end
end

-- Decoders are processes of their own, whose crash costs no worker: a worker dies of inference if
-- a job was in it, and of something else in its jobs if not. One suspect is the culprit. Of
-- several, nobody is charged: all run again alone, and the next death is unambiguous.
local function suspect_of(jobs)
  local infer, begun = {}, {}
  for _, job in ipairs(jobs) do
    if job.stage == 'infer' then table.insert(infer, job.id) end
    if job.stage then table.insert(begun, job.id) end
  end
  local suspects = #infer > 0 and infer or begun
  return #suspects == 1 and suspects[1] or nil
end

local function reap(id, begun, crashed, dropped)
  end_lease(id, get(id, 'tenant'))
  if get(id, 'status') ~= 'processing' then return nil end
  local crashes = tonumber(redis.call('GET', crashes_key(id)) or '0')
  if crashed then
    crashes = redis.call('INCR', crashes_key(id))
    redis.call('PEXPIRE', crashes_key(id), crash_ttl_ms)
  elseif not (dropped and begun) then
    redis.call('HINCRBY', KEY.JOB .. id, 'uncounted', 1)
  end
  if begun and not dropped then set(id, 'alone', 1) end
  if get(id, 'cancel_requested') == '1' then return 'canceled' end
  local spent = (crashed or dropped and begun) and (counted(id) >= max_attempts or crashes >= max_attempts)
  return spent and 'failed' or 'requeued'
end

local reaped = {}
for worker, jobs in pairs(lost) do
  local suspect = suspect_of(jobs)
  for _, job in ipairs(jobs) do
    if not alive[worker] or job.ends <= now then
      local crashed = not alive[worker] and job.id == suspect
      local action = reap(job.id, job.stage, crashed, alive[worker])
      if action == 'requeued' then
        enter_queue(job.id)
        keep(job.id, ttl_ms)
      elseif action then
        close(job.id, action, ttl_ms)
        if action == 'failed' then set(job.id, 'error', error_json) end
      end
      if action then
        changed(job.id)
        table.insert(reaped, {job.id, action})
      end
    end
  end
end
return reaped
