-- ARGV[1] = key prefix, ARGV[2] = id. One Redis server: keys are derived, not declared.
local prefix, id = ARGV[1], ARGV[2]
local bytes_key, sizes_key, expiries_key, owners_key =
  prefix .. 'blob-bytes', prefix .. 'blob-sizes', prefix .. 'blob-expiries', prefix .. 'blob-owners'

local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- Lets an upload live for ttl_ms from now; one that is gone stays gone.
local function keep_blob(blob_id, ttl_ms)
  if redis.call('PEXPIRE', prefix .. 'blob:' .. blob_id, ttl_ms) == 1 then
    redis.call('ZADD', expiries_key, 'XX', now_ms() + ttl_ms, blob_id)
  end
end

-- Forgets the bytes and takes them off the account.
local function forget_blob(blob_id)
  local size = redis.call('HGET', sizes_key, blob_id)
  redis.call('UNLINK', prefix .. 'blob:' .. blob_id)
  redis.call('HDEL', sizes_key, blob_id)
  redis.call('ZREM', expiries_key, blob_id)
  redis.call('HDEL', owners_key, blob_id)
  if size then redis.call('DECRBY', bytes_key, size) end
end
