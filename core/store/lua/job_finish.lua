-- ARGV: prefix, id, attempt, ttl_ms, status, then fields and values. Returns 1 when accepted.
if not holds(ARGV[3]) then return 0 end
close(ARGV[5], tonumber(ARGV[4]))
for index = 6, #ARGV, 2 do set(ARGV[index], ARGV[index + 1]) end
-- A file that was judged is no poison.
if ARGV[5] == 'succeeded' then redis.call('DEL', prefix .. 'crashes:' .. get('sha256')) end
changed()
return 1
