-- ARGV: how many are wanted, lease_ms, at one time for a lane, at one time for a tenant, the most tries.
-- Returns for each {id, delivery, message, endpoint or {}, the tenant's signing record, now}.
local wanted, lease_ms, most_tries = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[5])
local now, PARK_MS, LATER_MS, taken = now_ms(), 1000, 10000, {}
local MOST_BACK_MS = 1000 -- a clock that is kept right goes back by less

-- Where the clock was set back since the last look, all that waits is due as much earlier: it would wait
-- until the clock is there again. PEXPIRE is a write that a Redis at maxmemory takes.
local function shift(set, back)
  local entries = redis.call('ZRANGE', set, 0, -1, 'WITHSCORES')
  for index = 1, #entries, 2 do redis.call('ZADD', set, entries[index + 1] - back, entries[index]) end
  return entries
end

local function follow_clock()
  redis.call('PEXPIRE', KEY.LOOKED_AT, KEPT_MS)
  local back = tonumber(redis.call('GET', KEY.LOOKED_AT) or now) - now
  redis.call('SET', KEY.LOOKED_AT, now, 'PX', KEPT_MS)
  if back < MOST_BACK_MS then return end
  local tenants, lanes = {}, shift(KEY.LANES, back)
  for index = 1, #lanes, 2 do
    local lane, tenant = lanes[index], lanes[index]:match('^%S+')
    local waiting = shift(KEY.LANE .. lane, back)
    for number = 1, #waiting, 2 do
      if delivery_of(waiting[number], 'state') == 'waiting' then
        redis.call('HSET', KEY.DELIVERY .. waiting[number], 'due_at', waiting[number + 1] - back)
      end
    end
    shift(KEY.FLIGHTS .. lane, back)
    if not tenants[tenant] then shift(KEY.FLIGHTS .. tenant, back) end
    tenants[tenant] = true
  end
end

-- How many more may be under way. ZREMRANGEBYSCORE is a write that a Redis at maxmemory takes, and opens the
-- door for those below.
local function room(name, most)
  redis.call('ZREMRANGEBYSCORE', KEY.FLIGHTS .. name, '-inf', now)
  return tonumber(most) - redis.call('ZCARD', KEY.FLIGHTS .. name)
end

local function fly(name, id)
  redis.call('ZADD', KEY.FLIGHTS .. name, now + lease_ms, id)
  redis.call('PEXPIRE', KEY.FLIGHTS .. name, 2 * lease_ms)
end

local function start(id, lane)
  local seen = redis.call('HMGET', KEY.DELIVERY .. id, 'message', 'endpoint', 'tenant', 'attempts')
  if not seen[1] or redis.call('EXISTS', KEY.MESSAGE .. seen[1]) == 0 then
    redis.call('ZREM', KEY.LANE .. lane, id)
    return forget_delivery(id)
  end
  local endpoint = redis.call('HGETALL', KEY.WEBHOOK .. seen[2])
  if seen[2] ~= '' and #endpoint == 0 then return forget_delivery(id) end
  local formats =
    {redis.call('HGET', KEY.MESSAGE .. seen[1], 'format'), redis.call('HGET', KEY.WEBHOOK .. seen[2], 'format')}
  if math.max(tonumber(formats[1] or 1), tonumber(formats[2] or 1)) > FORMAT then
    return redis.call('ZADD', KEY.LANE .. lane, now + LATER_MS, id) -- for the senders of a later version
  end
  local enabled = seen[2] == '' or redis.call('HGET', KEY.WEBHOOK .. seen[2], 'enabled') == '1'
  if not enabled then return conclude(id, 'failed', 'endpoint_disabled') end
  -- The sender of the last try was lost, and nobody knows how that try ended.
  if tonumber(seen[4]) >= most_tries then return conclude(id, 'failed', 'sender_lost') end
  redis.call('HSET', KEY.DELIVERY .. id, 'state', 'sending', 'attempts', seen[4] + 1)
  redis.call('PEXPIRE', KEY.DELIVERY .. id, KEPT_MS)
  redis.call('PEXPIRE', KEY.MESSAGE .. seen[1], KEPT_MS)
  redis.call('ZADD', KEY.LANE .. lane, now + lease_ms, id)
  fly(lane, id)
  fly(seen[3], id)
  table.insert(taken, {
    id, redis.call('HGETALL', KEY.DELIVERY .. id), redis.call('HGETALL', KEY.MESSAGE .. seen[1]), endpoint,
    redis.call('HGETALL', KEY.SIGNING .. seen[3]), now,
  })
end

follow_clock()
for _, lane in ipairs(redis.call('ZRANGEBYSCORE', KEY.LANES, '-inf', now, 'LIMIT', 0, 200)) do
  if #taken >= wanted then break end
  local free = math.min(wanted - #taken, room(lane, ARGV[3]), room(lane:match('^%S+'), ARGV[4]))
  if free <= 0 then
    redis.call('ZADD', KEY.LANES, now + PARK_MS, lane) -- until then, or until one of its tries ends
  else
    local ids = redis.call('ZRANGEBYSCORE', KEY.LANE .. lane, '-inf', now, 'LIMIT', 0, free)
    for _, id in ipairs(ids) do start(id, lane) end
    line_up(lane)
  end
end
return taken
