-- ARGV: how many at the most, until the next try in ms. Returns uploads whose objects are to be deleted;
-- nobody else is told of them until the next try.
local due = redis.call('ZRANGEBYSCORE', KEY.DOOMED, '-inf', now_ms(), 'LIMIT', 0, ARGV[1])
for _, id in ipairs(due) do redis.call('ZADD', KEY.DOOMED, now_ms() + ARGV[2], id) end
return due
