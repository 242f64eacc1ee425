-- ARGV: id, tenant or '' for any, then who does it, from where, and details for the log.
-- Returns the record, or {} when there is no such key.
local id = ARGV[1]
if not is_of(id, ARGV[2]) then return {} end
if state(id) ~= 'revoked' then
  keep_for(id, KEEP_ENDED_MS) -- first, so that a Redis at maxmemory takes the rest
  redis.call('HSET', KEY.API_KEY .. id, 'revoked_at', now_ms())
  audit('key.revoked', redis.call('HGET', KEY.API_KEY .. id, 'tenant'), id, ARGV[3], ARGV[4], ARGV[5])
end
return record(id)
