-- ARGV: id, tenant, SHA-256 of the secret, scopes, label, life in ms or '', the most living keys
-- of the tenant, then who does it, from where, and details for the log.
-- Returns {'created', record}, or {'full', living keys}.
local id, tenant, hash, life_ms = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[6])

local living, ended = 0, {}
for _, member in ipairs(members(tenant)) do
  if redis.call('EXISTS', KEY.API_KEY .. id_of(member)) == 0 then
    redis.call('ZREM', KEY.API_KEYS, member)
  elseif state(id_of(member)) == 'active' then
    living = living + 1
  else
    table.insert(ended, member)
  end
end
for index = 1, #ended - MOST_ENDED do
  redis.call('ZREM', KEY.API_KEYS, ended[index])
  redis.call('UNLINK', unpack(parts(id_of(ended[index]))))
end
if living >= tonumber(ARGV[7]) then return {'full', living} end

local now = now_ms()
redis.call('HSET', KEY.API_KEY .. id, 'tenant', tenant, 'secret', hash, 'scopes', ARGV[4],
  'label', ARGV[5], 'created_at', now)
redis.call('SET', KEY.API_KEY_HASH .. hash, id)
redis.call('ZADD', KEY.API_KEYS, 0, tenant .. ':' .. id)
if life_ms then
  redis.call('HSET', KEY.API_KEY .. id, 'expires_at', now + life_ms)
  keep_for(id, life_ms + KEEP_ENDED_MS)
end
audit('key.created', tenant, id, ARGV[8], ARGV[9], ARGV[10])
return {'created', record(id)}
