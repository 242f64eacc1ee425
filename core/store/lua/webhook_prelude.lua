-- Messages about what happened, and their deliveries. The prelude of the clock comes first.
--
-- A lane holds what one tenant has for one receiver. A delivery that is tried stays in its lane, due again when
-- its lease ends: a sender that dies loses nothing, and nobody has to look for it.

local KEPT_MS = 7 * 24 * 3600 * 1000 -- longer than all tries of a delivery take together
local OVER_MS = 24 * 3600 * 1000 -- what is over and belongs to no endpoint
local MOST_UNDELIVERED, MOST_LOGGED = 10000, 100

local function delivery_of(id, field) return redis.call('HGET', KEY.DELIVERY .. id, field) end

-- The lane comes up when its first delivery is due.
local function line_up(lane)
  local first = redis.call('ZRANGE', KEY.LANE .. lane, 0, 0, 'WITHSCORES')
  if first[1] then
    redis.call('ZADD', KEY.LANES, first[2], lane)
  else
    redis.call('ZREM', KEY.LANES, lane)
  end
end

local function due(id, lane, at)
  redis.call('ZADD', KEY.LANE .. lane, at, id)
  line_up(lane)
end

-- One delivery less that needs the message. The last one takes it along.
local function release_message(message)
  if redis.call('EXISTS', KEY.MESSAGE .. message) == 0 then return end
  if redis.call('HINCRBY', KEY.MESSAGE .. message, 'refs', -1) <= 0 then
    redis.call('UNLINK', KEY.MESSAGE .. message)
  end
end

-- The try has ended, however it went.
local function land(id, lane, tenant)
  redis.call('ZREM', KEY.FLIGHTS .. lane, id)
  redis.call('ZREM', KEY.FLIGHTS .. tenant, id)
end

-- Forgets a delivery altogether. Begins with a command that a Redis at maxmemory never refuses.
local function forget_delivery(id)
  local seen =
    redis.call('HMGET', KEY.DELIVERY .. id, 'lane', 'tenant', 'endpoint', 'message', 'released', 'subject')
  redis.call('UNLINK', KEY.DELIVERY .. id)
  if not seen[1] then return end
  redis.call('ZREM', KEY.LANE .. seen[1], id)
  redis.call('ZREM', KEY.UNDELIVERED .. seen[2], id)
  redis.call('ZREM', KEY.DELIVERIES .. seen[3], id)
  redis.call('ZREM', KEY.DELIVERIES .. seen[6], id)
  land(id, seen[1], seen[2])
  line_up(seen[1])
  if not seen[5] then release_message(seen[4]) end
end

-- The last word about a delivery. It stays in the log of its endpoint, with its message, so that it can be
-- sent again; without an endpoint only the record stays, for a day.
local function conclude(id, state, reason)
  local seen = redis.call('HMGET', KEY.DELIVERY .. id, 'lane', 'tenant', 'endpoint', 'message')
  redis.call('ZREM', KEY.LANE .. seen[1], id)
  redis.call('ZREM', KEY.UNDELIVERED .. seen[2], id)
  land(id, seen[1], seen[2])
  line_up(seen[1])
  if seen[3] ~= '' and not redis.call('ZSCORE', KEY.DELIVERIES .. seen[3], id) then
    return forget_delivery(id) -- newer ones have pushed it out of the log
  end
  redis.call('HSET', KEY.DELIVERY .. id, 'state', state, 'reason', reason, 'over_at', now_ms())
  if seen[3] == '' then
    redis.call('HSET', KEY.DELIVERY .. id, 'released', 1)
    release_message(seen[4])
    redis.call('PEXPIRE', KEY.DELIVERY .. id, OVER_MS)
  end
end

-- Keeps the newest deliveries of an endpoint; what is not over yet leaves the log only.
local function log_delivery(endpoint, id)
  local log = KEY.DELIVERIES .. endpoint
  redis.call('ZADD', log, now_ms(), id)
  redis.call('PEXPIRE', log, KEPT_MS)
  while redis.call('ZCARD', log) > MOST_LOGGED do
    local oldest = redis.call('ZPOPMIN', log)[1]
    if delivery_of(oldest, 'over_at') then forget_delivery(oldest) end
  end
end

-- Makes a delivery of a message to `url`, of an endpoint or '' for the callback of a job.
local function deliver(message, tenant, kind, subject, endpoint, url)
  local now = now_ms()
  local id = 'dlv_' .. message:sub(5) .. '_' .. redis.call('HINCRBY', KEY.MESSAGE .. message, 'made', 1)
  local lane = tenant .. ' ' .. (url:match('^%a+://([^/?#]*)') or ''):lower()
  redis.call('HSET', KEY.DELIVERY .. id, 'message', message, 'tenant', tenant, 'type', kind, 'subject', subject,
    'endpoint', endpoint, 'url', url, 'lane', lane, 'state', 'waiting', 'attempts', 0, 'created_at', now, 'due_at', now)
  redis.call('PEXPIRE', KEY.DELIVERY .. id, KEPT_MS)
  redis.call('HINCRBY', KEY.MESSAGE .. message, 'refs', 1)
  redis.call('PEXPIRE', KEY.MESSAGE .. message, KEPT_MS)
  if endpoint ~= '' then log_delivery(endpoint, id) end
  redis.call('ZADD', KEY.DELIVERIES .. subject, now, id)
  redis.call('PEXPIRE', KEY.DELIVERIES .. subject, KEPT_MS)
  local undelivered = KEY.UNDELIVERED .. tenant
  redis.call('ZADD', undelivered, now, id)
  if redis.call('ZCARD', undelivered) > MOST_UNDELIVERED then
    local oldest = redis.call('ZRANGE', undelivered, 0, 0)[1]
    if redis.call('EXISTS', KEY.DELIVERY .. oldest) == 1 then
      conclude(oldest, 'failed', 'too_many_undelivered')
    else
      redis.call('ZREM', undelivered, oldest)
    end
  end
  due(id, lane, now)
  return id
end

-- The endpoints of a tenant that want to hear of such an event, as pairs of id and URL.
local function subscribers(tenant, kind)
  local found = {}
  for _, id in ipairs(redis.call('ZRANGE', KEY.WEBHOOKS .. tenant, 0, -1)) do
    local seen = redis.call('HMGET', KEY.WEBHOOK .. id, 'enabled', 'events', 'url')
    if seen[1] == '1' and (' ' .. seen[2] .. ' '):find(' ' .. kind .. ' ', 1, true) then
      table.insert(found, {id, seen[3]})
    end
  end
  return found
end

-- Writes the message `msg_<subject>_<last word of kind>`, if it has a receiver. `content()` gives its content: {'record', a
-- list of fields and values of a job} or {'data', JSON}. `callback` is a URL beside the endpoints, or nil.
local function emit(tenant, kind, subject, callback, content)
  local endpoints = subscribers(tenant, kind)
  if #endpoints == 0 and not callback then return end
  local message = 'msg_' .. subject:gsub('^%a+_', '') .. '_' .. kind:match('%a+$')
  local part = content()
  redis.call('HSET', KEY.MESSAGE .. message, 'format', FORMAT, 'tenant', tenant, 'type', kind,
    'subject', subject, 'at', now_ms(), part[1], type(part[2]) == 'table' and cjson.encode(part[2]) or part[2])
  for _, endpoint in ipairs(endpoints) do deliver(message, tenant, kind, subject, endpoint[1], endpoint[2]) end
  if callback then deliver(message, tenant, kind, subject, '', callback) end
end

-- Forgets every delivery about a job or the like, whatever its state.
local function forget_subject(subject)
  for _, id in ipairs(redis.call('ZRANGE', KEY.DELIVERIES .. subject, 0, -1)) do forget_delivery(id) end
  redis.call('UNLINK', KEY.DELIVERIES .. subject)
end
