-- ARGV[2] = job id. The prelude of the blobs comes first: a job owns its upload.
local job, leases = prefix .. 'job:' .. id, prefix .. 'leases'

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

-- One lifetime for the record and its upload: ttl_ms after the last change or renewal.
-- Where a running job needs memory, this comes first: at maxmemory Redis refuses HSET and
-- ZADD only while a script has not written yet, so that a full Redis ends no job.
local function keep(ttl_ms)
  redis.call('PEXPIRE', job, ttl_ms)
  keep_blob(get('blob_id'), ttl_ms)
end

local function line_up()
  redis.call('ZADD', line_of(get('queue')), get('created_at'), id)
  redis.call('HDEL', job, 'stage')
  set('status', 'queued')
end

-- The terminal write, and the end of the upload: there is no moment between the two.
local function close(status, ttl_ms)
  redis.call('ZREM', leases, id)
  redis.call('ZREM', line_of(get('queue')), id)
  redis.call('HDEL', job, 'stage')
  forget_blob(get('blob_id'))
  local now = now_ms()
  set('status', status, 'finished_at', now, 'expires_at', now + ttl_ms, 'media_deleted_at', now)
  redis.call('PEXPIRE', job, ttl_ms)
end
