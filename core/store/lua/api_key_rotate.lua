-- ARGV: id, tenant or '' for any, SHA-256 of the new secret, ms for which the old one lives on, then
-- who does it, from where, and details for the log.
-- Returns {'rotated', record}, {'ended', how, since when}, or {'missing'}.
local id, hash = ARGV[1], ARGV[3]
if not is_of(id, ARGV[2]) then return {'missing'} end
local is, since = state(id)
if is ~= 'active' then return {'ended', is, since} end

local key, now = KEY.API_KEY .. id, now_ms()
local fields = redis.call('HMGET', key, 'tenant', 'secret', 'secret_before')
if fields[3] then redis.call('UNLINK', KEY.API_KEY_HASH .. fields[3]) end
redis.call('HSET', key, 'secret', hash, 'secret_before', fields[2], 'rotated_at', now,
  'before_ends_at', now + ARGV[4])
redis.call('SET', KEY.API_KEY_HASH .. hash, id)
local ttl_ms = redis.call('PTTL', key)
if ttl_ms > 0 then keep_for(id, ttl_ms) end
audit('key.rotated', fields[1], id, ARGV[5], ARGV[6], ARGV[7])
return {'rotated', record(id)}
