-- What has expired. The preludes of the clock, of the uploads, of the evidence and of batches come first.

-- Ends uploads whose time is over, and the jobs that owned them: both expire in one instant. Ends 100
-- at most, so that other clients do not wait for long, and returns how many.
local function sweep()
  sweep_pictures()
  local expired = redis.call('ZRANGEBYSCORE', KEY.EXPIRIES, '-inf', now_ms(), 'LIMIT', 0, 100)
  for _, blob_id in ipairs(expired) do
    local upload = redis.call('HMGET', KEY.UPLOAD .. blob_id, 'tenant', 'job', 'queue', 'batch')
    forget_blob(blob_id)
    if upload[2] then
      local waits = redis.call('ZSCORE', KEY.QUEUED .. upload[3], upload[2])
      leave_queue(upload[2], upload[3], upload[1])
      end_lease(upload[2], upload[1])
      redis.call('ZREM', KEY.JOBS .. upload[1], upload[2])
      redis.call('UNLINK', KEY.JOB .. upload[2])
      free_pictures(KEY.EVIDENCE .. upload[2])
      if upload[4] then count_in_batch(upload[4], waits and 'queued' or 'processing', 'expired') end
    end
  end
  return #expired
end
