-- ARGV: id, attempt, ttl_ms, status, then fields and values. Returns 1 when accepted.
local id, status = ARGV[1], ARGV[4]
if not holds(id, ARGV[2]) then return 0 end
-- Its client was told that it will be canceled, and the worker has not heard of it in time.
if get(id, 'cancel_requested') == '1' then status = 'canceled' end
close(id, status, tonumber(ARGV[3]))
if status == ARGV[4] then
  for index = 5, #ARGV, 2 do set(id, ARGV[index], ARGV[index + 1]) end
end
-- A file that was judged is no poison.
if ARGV[4] == 'succeeded' then redis.call('DEL', crashes_key(id)) end
changed(id)
return 1
