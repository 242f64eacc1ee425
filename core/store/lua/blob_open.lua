-- ARGV: id, tenant, bytes to reserve, ttl_ms, limits: all bytes, the tenant's bytes, uploads, jobs.
-- Returns {'opened'} or {what is used up, how much of it is used}.
local id, tenant, reserved, ttl_ms = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
sweep()

local used = tonumber(redis.call('GET', KEY.BYTES) or '0')
-- An upload of unknown length needs room for one byte at least.
local wanted = math.max(reserved, 1)
if used + wanted > tonumber(ARGV[5]) then return {'full', used} end
local bytes, uploads, queued = booked(tenant, 'bytes'), booked(tenant, 'uploads'), booked(tenant, 'queued')
if bytes + wanted > tonumber(ARGV[6]) then return {'bytes', bytes} end
if uploads >= tonumber(ARGV[7]) then return {'uploads', uploads} end
if queued >= tonumber(ARGV[8]) then return {'queued', queued} end

redis.call('HSET', KEY.UPLOAD .. id, 'tenant', tenant, 'size', 0, 'held', 0)
redis.call('ZADD', KEY.EXPIRIES, now_ms() + ttl_ms, id)
book(tenant, 'uploads', 1)
hold(id, tenant, reserved)
return {'opened'}
