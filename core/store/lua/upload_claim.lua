-- ARGV: id, tenant, writer, offset or '', length or ''. The writer is the only one that may append from
-- now on, unless the offset or the length is another one than it believes.
-- Returns {'missing'}, {'taken', job}, {'offset', size}, {'length', length}, or what look_up found.
local id, offset, length = ARGV[1], ARGV[4], ARGV[5]
local found = look_up(id, ARGV[2])
if found[1] ~= 'found' then return found end
if offset ~= '' and tonumber(offset) ~= found[2] then return {'offset', found[2]} end
if length ~= '' then
  if found[3] ~= '' and found[3] ~= length then return {'length', tonumber(found[3])} end
  if tonumber(length) < found[2] then return {'length', found[2]} end
  redis.call('HSET', KEY.UPLOAD .. id, 'length', length)
  found[3] = length
end
redis.call('HSET', KEY.UPLOAD .. id, 'writer', ARGV[3])
return found
