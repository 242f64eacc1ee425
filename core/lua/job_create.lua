-- ARGV: prefix, id, ttl_ms, idempotency key or '', its ttl_ms, then fields and values.
-- Returns the id that is stored: another one when the idempotency key was used before.
local ttl_ms, idempotency, idempotency_ttl_ms = tonumber(ARGV[3]), ARGV[4], tonumber(ARGV[5])

if idempotency ~= '' then
  local known = redis.call('GET', prefix .. 'idempotency:' .. idempotency)
  if known and redis.call('EXISTS', prefix .. 'job:' .. known) == 1 then return known end
  redis.call('SET', prefix .. 'idempotency:' .. idempotency, id, 'PX', idempotency_ttl_ms)
end

local now = now_ms()
for index = 6, #ARGV, 2 do set(ARGV[index], ARGV[index + 1]) end
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
