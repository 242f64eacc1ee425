-- ARGV: tenant, seed of an ed25519 key for a tenant that has none. Returns the tenant's record.
redis.call('HSETNX', KEY.SIGNING .. ARGV[1], 'seed', ARGV[2])
return redis.call('HGETALL', KEY.SIGNING .. ARGV[1])
