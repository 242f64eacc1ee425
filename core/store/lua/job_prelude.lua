-- Records of jobs. The preludes of uploads, evidence, what expires and webhooks come first: a job owns its
-- upload and its evidence, and webhooks tell of its end.

local function get(id, field) return redis.call('HGET', KEY.JOB .. id, field) end
local function set(id, ...) redis.call('HSET', KEY.JOB .. id, ...) end
local function record(id) return redis.call('HGETALL', KEY.JOB .. id) end

-- The fence: true only for the attempt that runs now.
local function holds(id, attempt)
  return get(id, 'status') == 'processing' and get(id, 'attempt') == attempt
end

-- The gateways hear of the job: at once, or when their connection is back within a minute.
local function tell(id)
  redis.call('XADD', KEY.EVENTS, 'MAXLEN', '~', 10000, '*', 'job', id)
  redis.call('PEXPIRE', KEY.EVENTS, 60000)
end

local ENDS = {succeeded = 'job.succeeded', failed = 'job.failed', canceled = 'job.canceled'}

local HEAVY = {result = true, provenance = true} -- the summary has the result without its frames

-- The webhooks hear of a job's end: all of its record but what is heavy.
local function announce(id)
  local kind = ENDS[get(id, 'status')]
  if not kind then return end
  emit(get(id, 'tenant'), kind, id, get(id, 'callback_url') or nil, function()
    local fields, kept = record(id), {}
    for index = 1, #fields, 2 do
      if not HEAVY[fields[index]] then
        table.insert(kept, fields[index])
        table.insert(kept, fields[index + 1])
      end
    end
    return {'record', kept}
  end)
end

-- Tells the job's batch in which state the job is now.
local function count_job(id)
  local seen = redis.call('HMGET', KEY.JOB .. id, 'batch', 'batch_state', 'status', 'verdict')
  if not seen[1] or seen[2] == seen[3] then return end
  set(id, 'batch_state', seen[3])
  count_in_batch(seen[1], seen[2], seen[3], seen[3] == 'succeeded' and seen[4])
end

-- Every visible change ends here: the ETag moves, the job's batch counts it anew, the waiting clients
-- hear of it, and of an end the webhooks too. Nothing changes after an end, so they hear of it once.
local function changed(id)
  redis.call('HINCRBY', KEY.JOB .. id, 'revision', 1)
  count_job(id)
  tell(id)
  announce(id)
end

-- One lifetime for the record, its upload and the list that names it: ttl_ms after the last change
-- or renewal. It begins with PEXPIRE, so that the writes behind it are not refused at maxmemory.
local function keep(id, ttl_ms)
  redis.call('PEXPIRE', KEY.JOB .. id, ttl_ms)
  redis.call('PEXPIRE', KEY.JOBS .. get(id, 'tenant'), ttl_ms)
  keep_blob(get(id, 'blob_id'), ttl_ms)
end

-- Enters a new job in its tenant's list, and takes two out of it that have expired: so the list is
-- as long as there are jobs, though nobody may ever read it.
local function enter_list(id)
  local list = KEY.JOBS .. get(id, 'tenant')
  local last = redis.call('ZREVRANGE', list, 0, 0, 'WITHSCORES')[2]
  -- Of the time that the record tells: a script may read the clock on both sides of a millisecond.
  redis.call('ZADD', list, math.max(get(id, 'created_at') * 1000, (last or 0) + 1), id)
  for _, oldest in ipairs(redis.call('ZRANGE', list, 0, 1)) do
    if redis.call('EXISTS', KEY.JOB .. oldest) == 0 then redis.call('ZREM', list, oldest) end
  end
end

-- A job that comes back has the tag that it was given first.
local function enter_queue(id)
  local place = get(id, 'place') or get(id, 'created_at') -- old versions gave out nothing else
  local queue, tenant = get(id, 'queue'), get(id, 'tenant')
  if redis.call('ZADD', KEY.QUEUED .. queue, place, id) == 1 then book(tenant, 'queued', 1) end
  enter_line(id, queue, tenant, place)
  free_pictures(KEY.EVIDENCE .. id) -- of the attempt that was lost
  redis.call('HDEL', KEY.JOB .. id, 'stage', 'progress')
  set(id, 'status', 'queued')
end

-- The terminal write, and the end of the upload: there is no moment between the two. Evidence stays
-- with a verdict only.
local function close(id, status, ttl_ms)
  end_lease(id, get(id, 'tenant'))
  leave_queue(id, get(id, 'queue'), get(id, 'tenant'))
  redis.call('HDEL', KEY.JOB .. id, 'stage', 'progress')
  forget_blob(get(id, 'blob_id'))
  if status ~= 'succeeded' then free_pictures(KEY.EVIDENCE .. id) end
  local now = now_ms()
  set(id, 'status', status, 'finished_at', now, 'expires_at', now + ttl_ms, 'media_deleted_at', now)
  redis.call('PEXPIRE', KEY.JOB .. id, ttl_ms)
  redis.call('PEXPIRE', KEY.JOBS .. get(id, 'tenant'), ttl_ms)
  redis.call('PEXPIRE', KEY.TOMBSTONE .. id, ttl_ms + (get(id, 'tombstone_ms') or 0))
end

-- Attempts that count: those that were given back do not.
local function counted(id)
  return get(id, 'attempt') - (get(id, 'uncounted') or 0)
end

local function crashes_key(id)
  return KEY.CRASHES .. get(id, 'tenant') .. ':' .. get(id, 'sha256')
end

-- Ends a waiting job, and flags a running one for its worker.
local function cancel(id, ttl_ms)
  local status = get(id, 'status')
  if status == 'queued' then
    close(id, 'canceled', ttl_ms)
    changed(id)
  elseif status == 'processing' and get(id, 'cancel_requested') ~= '1' then
    keep(id, ttl_ms) -- first, so that a Redis at maxmemory takes the rest
    set(id, 'cancel_requested', 1)
    changed(id)
  end
end

-- Deletes a job with its upload, its evidence and its result. A worker that runs it learns by its
-- next renewal. Webhooks about it that wait are not sent any more.
local function forget_job(id, tenant)
  end_lease(id, tenant)
  leave_queue(id, get(id, 'queue'), tenant)
  forget_blob(get(id, 'blob_id'))
  free_pictures(KEY.EVIDENCE .. id)
  redis.call('ZREM', KEY.JOBS .. tenant, id)
  local seen = redis.call('HMGET', KEY.JOB .. id, 'batch', 'batch_state', 'verdict')
  redis.call('UNLINK', KEY.JOB .. id, KEY.TOMBSTONE .. id)
  if seen[1] then
    count_in_batch(seen[1], seen[2], 'deleted', seen[2] == 'succeeded' and seen[3])
  end
  forget_subject(id)
  tell(id)
end
