-- ARGV: id or '' for the secret of the tenant's callbacks, tenant, new secret, how long (ms) the old one signs too.
-- Returns the record, {} when the tenant has no such endpoint.
local holder = KEY.SIGNING .. ARGV[2]
if ARGV[1] ~= '' then
  holder = KEY.WEBHOOK .. ARGV[1]
  if redis.call('HGET', holder, 'tenant') ~= ARGV[2] then return {} end
end
local old = redis.call('HGET', holder, 'secret')
redis.call('HSET', holder, 'secret', ARGV[3])
if old then redis.call('HSET', holder, 'old_secret', old, 'old_until', now_ms() + ARGV[4]) end
return redis.call('HGETALL', holder)
