-- ARGV: id, attempt, lease_ms, ttl_ms. Returns {held, cancel requested}.
local id = ARGV[1]
if not holds(id, ARGV[2]) then return {0, 0} end
keep(id, ARGV[4])
redis.call('ZADD', KEY.LEASES, now_ms() + ARGV[3], id)
return {1, tonumber(get(id, 'cancel_requested') or '0')}
