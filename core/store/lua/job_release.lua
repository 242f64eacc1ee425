-- ARGV: id, attempt, ttl_ms, attempts that may be counted or '' when this one does not count,
-- error JSON. Returns what became of the job, '' when the attempt is stale.
-- The attempt number stays spent: it fences the old holder.
local id, ttl_ms, max_attempts = ARGV[1], tonumber(ARGV[3]), tonumber(ARGV[4])
if not holds(id, ARGV[2]) then return '' end

end_lease(id, get(id, 'tenant'))
if not max_attempts then redis.call('HINCRBY', KEY.JOB .. id, 'uncounted', 1) end
local action = 'requeued'
if get(id, 'cancel_requested') == '1' then
  action = 'canceled'
elseif max_attempts and counted(id) >= max_attempts then
  action = 'failed'
end

if action == 'requeued' then
  enter_queue(id)
  keep(id, ttl_ms)
else
  close(id, action, ttl_ms)
  if action == 'failed' then set(id, 'error', ARGV[5]) end
end
changed(id)
return action
