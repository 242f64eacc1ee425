-- ARGV: id, attempt, ttl_ms, limits: all bytes, the tenant's bytes; then names and pictures.
-- Returns {'kept', when they expire}, {'full'}, or {'stale'}.
local id, ttl_ms = ARGV[1], tonumber(ARGV[3])
if not holds(id, ARGV[2]) then return {'stale'} end
local key, tenant = KEY.EVIDENCE .. id, get(id, 'tenant')

-- First of all writes, because a Redis at maxmemory refuses it only there: the pictures are left out.
redis.call('HSET', key, 'tenant', tenant)
sweep()
free_pictures(key) -- of an attempt that was lost
local bytes = 0
for index = 6, #ARGV do bytes = bytes + #ARGV[index] end
if not pictures_fit(tenant, bytes, ARGV[4], ARGV[5]) then return {'full'} end
redis.call('HSET', key, 'tenant', tenant)
for index = 6, #ARGV, 2 do redis.call('HSET', key, ARGV[index], ARGV[index + 1]) end
hold_pictures(key, tenant, bytes, ttl_ms)
return {'kept', now_ms() + ttl_ms}
