-- ARGV: id, tenant, length or '', ttl_ms, limits as for a blob (four), writer, metadata,
-- 1 when the bytes lie in objects.
-- Returns {'opened', expiry_ms} or {what is used up, how much of it is used}.
local id, ttl_ms = ARGV[1], tonumber(ARGV[4])
local reserved = tonumber(ARGV[3]) or 0
local outcome = open_blob(id, ARGV[2], reserved, ttl_ms, tonumber(ARGV[5]), tonumber(ARGV[6]),
  tonumber(ARGV[7]), tonumber(ARGV[8]), ARGV[11])
if outcome[1] ~= 'opened' then return outcome end
redis.call('HSET', KEY.UPLOAD .. id, 'length', ARGV[3], 'writer', ARGV[9], 'metadata', ARGV[10])
return {'opened', tonumber(redis.call('ZSCORE', KEY.EXPIRIES, id))}
