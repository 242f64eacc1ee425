-- ARGV: SHA-256 of a secret. Returns {'active', id, tenant, scopes}; {'revoked', 'expired' or
-- 'replaced', id, since when}; or {'unknown'}.
local hash = ARGV[1]
local id = redis.call('GET', KEY.API_KEY_HASH .. hash)
if not id then return {'unknown'} end
local fields = redis.call('HMGET', KEY.API_KEY .. id, 'tenant', 'scopes', 'secret', 'secret_before',
  'before_ends_at', 'last_used_at')
if not fields[1] then return {'unknown'} end

local now = now_ms()
local is, since = state(id)
if is ~= 'active' then return {is, id, since} end
if fields[3] ~= hash then
  if fields[4] ~= hash then return {'unknown'} end
  if tonumber(fields[5]) <= now then return {'replaced', id, fields[5]} end
end
-- To the minute, so that a busy key writes little. A Redis that takes no writes lets callers in.
if not fields[6] or now - fields[6] >= 60000 then
  redis.pcall('HSET', KEY.API_KEY .. id, 'last_used_at', now)
end
return {'active', id, fields[1], fields[2]}
