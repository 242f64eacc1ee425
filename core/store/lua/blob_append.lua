-- ARGV: prefix, id, chunk, opening (0|1), ttl_ms, limit. Returns {outcome, bytes in flight}.
local chunk, opening, ttl_ms, limit = ARGV[3], ARGV[4] == '1', tonumber(ARGV[5]), tonumber(ARGV[6])
local now = now_ms()

for _, expired in ipairs(redis.call('ZRANGEBYSCORE', expiries_key, '-inf', now, 'LIMIT', 0, 100)) do
  forget_blob(expired)
end
if not opening and not redis.call('ZSCORE', expiries_key, id) then return {'missing', 0} end

local used = tonumber(redis.call('GET', bytes_key) or '0')
if used + #chunk > limit or (opening and used >= limit) then return {'full', used} end

if #chunk > 0 then
  redis.call('RPUSH', prefix .. 'blob:' .. id, chunk)
  redis.call('PEXPIRE', prefix .. 'blob:' .. id, ttl_ms)
end
redis.call('HINCRBY', sizes_key, id, #chunk)
redis.call('ZADD', expiries_key, now + ttl_ms, id)
redis.call('INCRBY', bytes_key, #chunk)
return {'stored', used + #chunk}
