-- ARGV: prefix, id, ttl_ms, blob id, idempotency key or '', its ttl_ms, then fields and values.
-- Returns the id that is stored: another one when the idempotency key was used before, and ''
-- when the upload is gone.
local ttl_ms, blob_id = tonumber(ARGV[3]), ARGV[4]
local idempotency, idempotency_ttl_ms = ARGV[5], tonumber(ARGV[6])

if idempotency ~= '' then
  local known = redis.call('GET', prefix .. 'idempotency:' .. idempotency)
  if known and redis.call('EXISTS', prefix .. 'job:' .. known) == 1 then return known end
end
if redis.call('EXISTS', prefix .. 'blob:' .. blob_id) == 0 then return '' end
if idempotency ~= '' then
  redis.call('SET', prefix .. 'idempotency:' .. idempotency, id, 'PX', idempotency_ttl_ms)
end

local now = now_ms()
redis.call('HSET', owners_key, blob_id, id)
for index = 7, #ARGV, 2 do set(ARGV[index], ARGV[index + 1]) end
set('attempt', 0, 'uncounted', 0, 'revision', 0, 'created_at', now)
line_up()
keep(ttl_ms)
-- Places of records that expired while they waited.
local line = line_of(get('queue'))
for _, old in ipairs(redis.call('ZRANGEBYSCORE', line, '-inf', now - ttl_ms, 'LIMIT', 0, 100)) do
  if redis.call('EXISTS', prefix .. 'job:' .. old) == 0 then redis.call('ZREM', line, old) end
end
changed()
return id
