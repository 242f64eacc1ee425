-- ARGV: prefix, id, worker, lease_ms, ttl_ms. Returns the record, empty when not claimable.
if get('status') ~= 'queued' then return {} end
local now = now_ms()
redis.call('ZREM', line_of(get('queue')), id)
redis.call('ZADD', leases, now + ARGV[4], id)
redis.call('HINCRBY', job, 'attempt', 1)
set('status', 'processing', 'worker', ARGV[3], 'started_at', now)
keep(ARGV[5])
changed()
return redis.call('HGETALL', job)
