-- ARGV: tenant. Returns {all bytes, the tenant's bytes}.
sweep()
return {tonumber(redis.call('GET', KEY.EVIDENCE_BYTES) or '0'), booked(ARGV[1], 'evidence')}
