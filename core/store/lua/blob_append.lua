-- ARGV: id, chunk or the name of its object, its bytes, ttl_ms, limits: all bytes, the tenant's bytes.
-- Returns {'stored'}, {'missing'}, or {what is used up, how much of it is used}.
return append_blob(ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]),
  tonumber(ARGV[6]))
