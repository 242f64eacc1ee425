-- ARGV: id, attempt, lease_ms, ttl_ms, stage or '', what is done of it as 'done/total'.
-- Returns {held, cancel requested}.
local id = ARGV[1]
if not holds(id, ARGV[2]) then return {0, 0} end
keep(id, ARGV[4])
redis.call('ZADD', KEY.LEASES, now_ms() + ARGV[3], id)
-- Progress of a stage that has ended meanwhile is no news.
if ARGV[5] ~= '' and get(id, 'stage') == ARGV[5] and get(id, 'progress') ~= ARGV[6] then
  set(id, 'progress', ARGV[6])
  changed(id)
end
return {1, tonumber(get(id, 'cancel_requested') or '0')}
