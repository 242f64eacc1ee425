-- Uploads that can be resumed: `length` is '' until it is known, `writer` the request that may append.
-- The preludes of incoming uploads come first.

-- The state of an upload that a tenant may go on with: {'found', size, length, expiry_ms, metadata};
-- {'missing'}, or {'taken', job} once it has become a job.
local function look_up(id, tenant)
  local upload = redis.call('HMGET', KEY.UPLOAD .. id, 'tenant', 'size', 'length', 'metadata', 'job')
  local expiry = tonumber(redis.call('ZSCORE', KEY.EXPIRIES, id) or '0')
  if upload[1] ~= tenant or not upload[3] or expiry <= now_ms() then return {'missing'} end
  if upload[5] then return {'taken', upload[5]} end
  -- Redis has lost the bytes.
  if upload[2] ~= '0' and redis.call('EXISTS', KEY.CHUNKS .. id) == 0 then return {'missing'} end
  return {'found', tonumber(upload[2]), upload[3], expiry, upload[4]}
end

-- Whether the writer is not the one that claimed the upload last.
local function superseded(id, writer)
  return redis.call('HGET', KEY.UPLOAD .. id, 'writer') ~= writer
end
