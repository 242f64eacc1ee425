-- ARGV: job id, tenant, JSON, ttl_ms, the most jobs of the tenant, 1 to keep its frames too, limits of
-- pictures: all bytes, the tenant's bytes.
-- Returns {'given', frames that are kept}, {'missing'}, or {'full', number}.
local id, tenant, ttl_ms = ARGV[1], ARGV[2], tonumber(ARGV[4])
if get(id, 'tenant') ~= tenant then return {'missing'} end
local mine, pictures = KEY.FEEDBACK_JOBS .. tenant, KEY.FEEDBACK_PICTURES .. id

local alive = redis.call('ZCOUNT', mine, '(' .. now_ms(), '+inf')
local known = redis.call('EXISTS', KEY.FEEDBACK .. id) == 1
if not known and alive >= tonumber(ARGV[5]) then return {'full', alive} end

-- First of all writes, because a Redis at maxmemory refuses it only there.
redis.call('SET', KEY.FEEDBACK .. id, ARGV[3], 'PX', ttl_ms)
redis.call('ZREMRANGEBYSCORE', mine, '-inf', now_ms())
redis.call('ZADD', mine, now_ms() + ttl_ms, id)
redis.call('PEXPIRE', mine, ttl_ms)
sweep()
free_pictures(pictures)
if ARGV[6] ~= '1' then return {'given', 0} end

local evidence, frames, bytes = redis.call('HGETALL', KEY.EVIDENCE .. id), {}, 0
for index = 1, #evidence, 2 do
  if evidence[index]:sub(1, 6) == 'frame:' then
    table.insert(frames, index)
    bytes = bytes + #evidence[index] + #evidence[index + 1]
  end
end
if #frames == 0 or not pictures_fit(tenant, bytes, ARGV[7], ARGV[8]) then return {'given', 0} end
for _, index in ipairs(frames) do redis.call('HSET', pictures, evidence[index], evidence[index + 1]) end
hold_pictures(pictures, tenant, bytes, ttl_ms)
return {'given', #frames}
