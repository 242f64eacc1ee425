-- ARGV: prefix, '', lease_ms. Returns the ids of jobs whose lease ran out, 100 at most.
--
-- Workers ask this several times within half a lease, and each time the mark lives on for
-- that long. Without the mark nobody could reach Redis, so nobody could renew either: that
-- time is no worker's fault, and every lease begins anew. An outage that is too short to
-- be noticed so cannot end a lease, for a lease is renewed every third of its length.
local mark, lease_ms = prefix .. 'leases-watched', tonumber(ARGV[3])
local watched_ms, now = math.floor(lease_ms / 2), now_ms()

if redis.call('PEXPIRE', mark, watched_ms) == 0 then
  redis.call('SET', mark, 1, 'PX', watched_ms)
  for _, held in ipairs(redis.call('ZRANGE', leases, 0, -1)) do
    redis.call('ZADD', leases, 'XX', now + lease_ms, held)
  end
end
return redis.call('ZRANGEBYSCORE', leases, '-inf', now, 'LIMIT', 0, 100)
