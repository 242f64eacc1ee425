-- ARGV: id, writer. What is there is all. Returns {'missing'}, {'superseded'}, {'length', length} when
-- another length was declared, or {'finished'}.
local id = ARGV[1]
local size, length, job = unpack(redis.call('HMGET', KEY.UPLOAD .. id, 'size', 'length', 'job'))
if not length or job then return {'missing'} end
if superseded(id, ARGV[2]) then return {'superseded'} end
if length ~= '' and length ~= size then return {'length', tonumber(length)} end
redis.call('HSET', KEY.UPLOAD .. id, 'length', size)
return {'finished'}
