-- ARGV: id, attempt, state: delivered, waiting or failed, JSON of the try, ms until the next one,
-- the URL that wants no more or ''. Returns 1, or 0 when the attempt is stale.
local id, state = ARGV[1], ARGV[3]
local seen = redis.call('HMGET', KEY.DELIVERY .. id, 'state', 'attempts', 'lane', 'tenant', 'endpoint')
if seen[1] ~= 'sending' or seen[2] ~= ARGV[2] then return 0 end
land(id, seen[3], seen[4])
redis.call('HSET', KEY.DELIVERY .. id, 'try:' .. ARGV[2], ARGV[4])
local url = ARGV[6] ~= '' and redis.call('HGET', KEY.WEBHOOK .. seen[5], 'url')
if url == ARGV[6] then
  redis.call('HSET', KEY.WEBHOOK .. seen[5], 'enabled', 0, 'disabled_because', 'gone')
elseif url then
  state = 'waiting' -- its tenant has named another URL meanwhile
end
if state == 'waiting' then
  local at = now_ms() + ARGV[5]
  redis.call('HSET', KEY.DELIVERY .. id, 'state', state, 'due_at', at)
  due(id, seen[3], at)
else
  conclude(id, state, state == 'failed' and 'given_up' or '')
end
return 1
