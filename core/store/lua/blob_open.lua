-- ARGV: id, tenant, bytes to reserve, ttl_ms, limits: all bytes, the tenant's bytes, uploads, jobs,
-- 1 when the bytes lie in objects.
-- Returns {'opened'} or {what is used up, how much of it is used}.
return open_blob(ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]),
  tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8]), ARGV[9])
