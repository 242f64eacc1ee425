-- ARGV: prefix, id, attempt, lease_ms, ttl_ms. Returns {held, cancel requested}.
if not holds(ARGV[3]) then return {0, 0} end
keep(ARGV[5])
redis.call('ZADD', leases, now_ms() + ARGV[4], id)
return {1, tonumber(get('cancel_requested') or '0')}
