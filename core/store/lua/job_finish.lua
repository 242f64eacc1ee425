-- ARGV: id, attempt, ttl_ms, status, then fields and values. Returns 1 when accepted.
local id = ARGV[1]
if not holds(id, ARGV[2]) then return 0 end
close(id, ARGV[4], tonumber(ARGV[3]))
for index = 5, #ARGV, 2 do set(id, ARGV[index], ARGV[index + 1]) end
-- A file that was judged is no poison.
if ARGV[4] == 'succeeded' then redis.call('DEL', crashes_key(id)) end
changed(id)
return 1
