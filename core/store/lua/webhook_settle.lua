-- ARGV: id, attempt, state: delivered, waiting or failed, JSON of the try, ms until the next one,
-- 1 when the endpoint wants no more. Returns 1, or 0 when the attempt is stale.
local id, state = ARGV[1], ARGV[3]
local seen = redis.call('HMGET', KEY.DELIVERY .. id, 'state', 'attempts', 'lane', 'tenant', 'endpoint')
if seen[1] ~= 'sending' or seen[2] ~= ARGV[2] then return 0 end
land(id, seen[3], seen[4])
redis.call('HSET', KEY.DELIVERY .. id, 'try:' .. ARGV[2], ARGV[4])
if ARGV[6] == '1' and redis.call('EXISTS', KEY.WEBHOOK .. seen[5]) == 1 then
  redis.call('HSET', KEY.WEBHOOK .. seen[5], 'enabled', 0, 'disabled_because', 'gone')
end
if state == 'waiting' then
  local at = now_ms() + ARGV[5]
  redis.call('HSET', KEY.DELIVERY .. id, 'state', state, 'due_at', at)
  due(id, seen[3], at)
else
  conclude(id, state, state == 'failed' and 'given_up' or '')
end
return 1
