-- ARGV: tenant, where to begin as ZREVRANGEBYSCORE takes it, the most batches to return.
-- Returns {where the next page begins or '', {{id, record}, …}}, the newest batch first.
local list, start, limit = KEY.BATCHES .. ARGV[1], ARGV[2], tonumber(ARGV[3])
local found = {}
local some = redis.call('ZREVRANGEBYSCORE', list, start, '-inf', 'WITHSCORES', 'LIMIT', 0, limit)
for index = 1, #some, 2 do
  local record = redis.call('HGETALL', KEY.BATCH .. some[index])
  if #record > 0 then
    table.insert(found, {some[index], record})
  else
    redis.call('ZREM', list, some[index])
  end
  start = '(' .. some[index + 1]
end
local more = redis.call('ZREVRANGEBYSCORE', list, start, '-inf', 'LIMIT', 0, 1)
return {#more > 0 and start or '', found}
