-- ARGV: prefix, id, attempt, max_attempts, ttl_ms, crash_ttl_ms, error JSON.
-- Returns what became of the job, '' when its lease is alive or it is no longer there.
local lease = redis.call('ZSCORE', leases, id)
if not lease or tonumber(lease) > now_ms() then return '' end
redis.call('ZREM', leases, id)
if not holds(ARGV[3]) then return '' end

local max_attempts, ttl_ms = tonumber(ARGV[4]), tonumber(ARGV[5])
local crashes_key = prefix .. 'crashes:' .. get('sha256')
local crashes = tonumber(redis.call('GET', crashes_key) or '0')
if get('stage') then
  crashes = redis.call('INCR', crashes_key)
  redis.call('PEXPIRE', crashes_key, ARGV[6])
else
  -- Claimed and never begun, as when the answer to the claim got lost: no fault of the file.
  redis.call('HINCRBY', job, 'uncounted', 1)
end

local action = 'requeued'
if get('cancel_requested') == '1' then
  action = 'canceled'
elseif get('attempt') - get('uncounted') >= max_attempts or crashes >= max_attempts then
  action = 'failed'
end

if action == 'requeued' then
  line_up()
  keep(ttl_ms)
else
  close(action, ttl_ms)
  if action == 'failed' then set('error', ARGV[7]) end
end
changed()
return action
