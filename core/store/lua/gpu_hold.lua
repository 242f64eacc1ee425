-- ARGV: UUID, owner, lease_ms. Returns 1 when the owner has the GPU from now on.
local gpu = KEY.GPU .. ARGV[1]
local holder = redis.call('GET', gpu)
if holder and holder ~= ARGV[2] then return 0 end
-- A lease that is held already needs no memory, so a Redis at maxmemory does not end it.
if holder then
  redis.call('PEXPIRE', gpu, ARGV[3])
else
  redis.call('SET', gpu, ARGV[2], 'PX', ARGV[3])
end
return 1
