-- ARGV: id, chunk, ttl_ms, limits: all bytes, the tenant's bytes.
-- Returns {'stored'}, {'missing'}, or {what is used up, how much of it is used}.
local id, chunk, ttl_ms = ARGV[1], ARGV[2], tonumber(ARGV[3])
local upload = redis.call('HMGET', KEY.UPLOAD .. id, 'tenant', 'size', 'held', 'job')
local expiry = tonumber(redis.call('ZSCORE', KEY.EXPIRIES, id) or '0')
if not upload[1] or upload[4] or expiry <= now_ms() then return {'missing'} end

local tenant, size = upload[1], upload[2] + #chunk
local more = math.max(size - upload[3], 0) -- beyond what was reserved
local used, bytes = tonumber(redis.call('GET', KEY.BYTES) or '0'), booked(tenant, 'bytes')
if more > 0 and used + more > tonumber(ARGV[4]) then return {'full', used} end
if more > 0 and bytes + more > tonumber(ARGV[5]) then return {'bytes', bytes} end

-- First of all writes, because a Redis at maxmemory refuses it only there.
redis.call('RPUSH', KEY.CHUNKS .. id, chunk)
redis.call('HSET', KEY.UPLOAD .. id, 'size', size)
hold(id, tenant, upload[3] + more)
keep_blob(id, ttl_ms)
return {'stored'}
