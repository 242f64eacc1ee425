-- ARGV[1] = key prefix, ARGV[2] = job id. One Redis server: keys are derived, not declared.
local prefix, id = ARGV[1], ARGV[2]
local job, leases = prefix .. 'job:' .. id, prefix .. 'leases'

local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function get(field) return redis.call('HGET', job, field) end
local function set(...) redis.call('HSET', job, ...) end
local function line_of(queue) return prefix .. 'queued:' .. queue end

-- The fence: true only for the attempt that runs now.
local function holds(attempt)
  return get('status') == 'processing' and get('attempt') == attempt
end

-- Every visible change ends here: the ETag moves and the waiting clients hear of it.
local function changed()
  redis.call('HINCRBY', job, 'revision', 1)
  redis.call('PUBLISH', prefix .. 'job-events', id)
end

-- Records live ttl_ms after their last change of status.
local function keep(ttl_ms)
  redis.call('PEXPIRE', job, ttl_ms)
end

local function line_up()
  redis.call('ZADD', line_of(get('queue')), get('created_at'), id)
  redis.call('HDEL', job, 'stage')
  set('status', 'queued')
end

-- ZREM comes first on purpose: at maxmemory Redis refuses HSET only while a script has not
-- written yet, so that a job can still end when memory is full.
local function close(status, ttl_ms)
  redis.call('ZREM', leases, id)
  redis.call('ZREM', line_of(get('queue')), id)
  redis.call('HDEL', job, 'stage')
  local now = now_ms()
  set('status', status, 'finished_at', now, 'expires_at', now + ttl_ms)
  keep(ttl_ms)
end
