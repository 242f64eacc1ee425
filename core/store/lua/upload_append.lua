-- ARGV: id, writer, offset, chunk or the name of its object, its bytes, ttl_ms, the most bytes of one
-- upload, limits: all bytes, the tenant's.
-- Returns {'stored', expiry_ms}, {'missing'}, {'superseded'}, {'length', the most bytes}, or {what is
-- used up, how much of it is used}.
local id, bytes_more = ARGV[1], tonumber(ARGV[5])
local size, length, job = unpack(redis.call('HMGET', KEY.UPLOAD .. id, 'size', 'length', 'job'))
if not length or job then return {'missing'} end
if superseded(id, ARGV[2]) or size ~= ARGV[3] then return {'superseded'} end
local most = math.min(tonumber(length) or math.huge, tonumber(ARGV[7]))
if size + bytes_more > most then return {'length', most} end
local outcome = append_blob(id, ARGV[4], bytes_more, tonumber(ARGV[6]), tonumber(ARGV[8]),
  tonumber(ARGV[9]))
if outcome[1] ~= 'stored' then return outcome end
return {'stored', tonumber(redis.call('ZSCORE', KEY.EXPIRIES, id))}
