-- ARGV: prefix, id, attempt, ttl_ms. Returns 1 when the job went back to its queue.
-- The attempt number stays spent (it fences the old holder); it only does not count.
if not holds(ARGV[3]) then return 0 end
local canceled = get('cancel_requested') == '1'
if canceled then
  close('canceled', tonumber(ARGV[4]))
else
  redis.call('ZREM', leases, id)
  redis.call('HINCRBY', job, 'uncounted', 1)
  line_up()
  keep(ARGV[4])
end
changed()
return canceled and 0 or 1
