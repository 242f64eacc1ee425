-- ARGV: tenant, or '' for none. Returns {all bytes, the tenant's bytes, uploads, queued jobs}.
sweep()
return {
  tonumber(redis.call('GET', KEY.BYTES) or '0'),
  booked(ARGV[1], 'bytes'), booked(ARGV[1], 'uploads'), booked(ARGV[1], 'queued'),
}
