-- Uploads, the accounts of their bytes, and the places of the jobs that own them. The prelude of lines comes
-- first.
--
-- At maxmemory Redis refuses HSET, HINCRBY, ZADD and the like, but only while a script has not
-- written yet. Whatever frees memory or lets a job go on therefore begins with a command that is
-- never refused: PEXPIRE, ZREM, UNLINK.

-- Adds to a number of a tenant's account; a number that falls to 0 is removed.
local function book(tenant, field, amount)
  local account = KEY.ACCOUNT .. tenant
  if redis.call('HINCRBY', account, field, amount) <= 0 then redis.call('HDEL', account, field) end
end

local function booked(tenant, field)
  return tonumber(redis.call('HGET', KEY.ACCOUNT .. tenant, field) or '0')
end

-- Makes an upload hold this many bytes on the accounts.
local function hold(blob_id, tenant, held)
  local change = held - tonumber(redis.call('HGET', KEY.UPLOAD .. blob_id, 'held') or '0')
  if change == 0 then return end
  redis.call('HSET', KEY.UPLOAD .. blob_id, 'held', held)
  redis.call('INCRBY', KEY.BYTES, change)
  book(tenant, 'bytes', change)
end

-- Lets an upload live for ttl_ms from now; one that is gone stays gone.
local function keep_blob(blob_id, ttl_ms)
  redis.call('PEXPIRE', KEY.CHUNKS .. blob_id, ttl_ms)
  redis.call('ZADD', KEY.EXPIRIES, 'XX', now_ms() + ttl_ms, blob_id)
end

-- Forgets the bytes and takes them off the accounts; what lies in objects is left for the workers to
-- delete.
local function forget_blob(blob_id)
  redis.call('UNLINK', KEY.CHUNKS .. blob_id)
  redis.call('ZREM', KEY.EXPIRIES, blob_id)
  local upload = redis.call('HMGET', KEY.UPLOAD .. blob_id, 'tenant', 'job', 'objects')
  if not upload[1] then return end
  if upload[3] then redis.call('ZADD', KEY.DOOMED, now_ms(), blob_id) end
  hold(blob_id, upload[1], 0)
  if not upload[2] then book(upload[1], 'uploads', -1) end
  redis.call('UNLINK', KEY.UPLOAD .. blob_id)
end

-- Takes a job that no longer waits out of its queue.
local function leave_queue(job_id, queue, tenant)
  if redis.call('ZREM', KEY.QUEUED .. queue, job_id) == 1 then book(tenant, 'queued', -1) end
  leave_line(job_id, queue, tenant)
end

-- Takes the lease of a job that no longer runs; the tenant is nil where the record is gone.
local function end_lease(job_id, tenant)
  redis.call('ZREM', KEY.LEASES, job_id)
  if tenant then redis.call('SREM', KEY.RUNNING .. tenant, job_id) end
end
