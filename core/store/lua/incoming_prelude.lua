-- How uploads begin and grow. The preludes of the clock, of the uploads and of what expires come first.

-- Begins an upload and reserves bytes for it. Limits: all bytes, the tenant's bytes, uploads, jobs.
-- With objects == '1' its chunks are names of objects.
-- Returns {'opened'} or {what is used up, how much of it is used}.
local function open_blob(id, tenant, reserved, ttl_ms, most, most_bytes, most_uploads, most_queued, objects)
  sweep()
  local used = tonumber(redis.call('GET', KEY.BYTES) or '0')
  -- An upload of unknown length needs room for one byte at least.
  local wanted = math.max(reserved, 1)
  if used + wanted > most then return {'full', used} end
  local bytes, uploads, queued = booked(tenant, 'bytes'), booked(tenant, 'uploads'), booked(tenant, 'queued')
  if bytes + wanted > most_bytes then return {'bytes', bytes} end
  if uploads >= most_uploads then return {'uploads', uploads} end
  if queued >= most_queued then return {'queued', queued} end

  redis.call('HSET', KEY.UPLOAD .. id, 'tenant', tenant, 'size', 0, 'held', 0)
  if objects == '1' then redis.call('HSET', KEY.UPLOAD .. id, 'objects', 1) end
  redis.call('ZADD', KEY.EXPIRIES, now_ms() + ttl_ms, id)
  book(tenant, 'uploads', 1)
  hold(id, tenant, reserved)
  return {'opened'}
end

-- Adds a chunk of so many bytes, and lets the upload live for ttl_ms from now. Limits: all bytes, the
-- tenant's bytes.
-- Returns {'stored'}, {'missing'}, or {what is used up, how much of it is used}.
local function append_blob(id, chunk, bytes_more, ttl_ms, most, most_bytes)
  local upload = redis.call('HMGET', KEY.UPLOAD .. id, 'tenant', 'size', 'held', 'job')
  local expiry = tonumber(redis.call('ZSCORE', KEY.EXPIRIES, id) or '0')
  if not upload[1] or upload[4] or expiry <= now_ms() then return {'missing'} end

  local tenant, size = upload[1], upload[2] + bytes_more
  local more = math.max(size - upload[3], 0) -- beyond what was reserved
  local used, bytes = tonumber(redis.call('GET', KEY.BYTES) or '0'), booked(tenant, 'bytes')
  if more > 0 and used + more > most then return {'full', used} end
  if more > 0 and bytes + more > most_bytes then return {'bytes', bytes} end

  -- First of all writes, because a Redis at maxmemory refuses it only there.
  redis.call('RPUSH', KEY.CHUNKS .. id, chunk)
  redis.call('HSET', KEY.UPLOAD .. id, 'size', size)
  hold(id, tenant, upload[3] + more)
  keep_blob(id, ttl_ms)
  return {'stored'}
end
