-- ARGV: id, tenant, ttl_ms, the most batches of the tenant, tags as JSON, the URL that hears of its end
-- or '', idempotency key or '', its ttl_ms, for how many ms it is taken for under way.
-- Returns {'opened'}, {'known', id} or {'abandoned', id} where the key has made one, or {'full', number}.
local id, tenant, ttl_ms = ARGV[1], ARGV[2], ARGV[3]
local list = KEY.BATCHES .. tenant

-- Forgets those of the oldest batches that are gone; -1 stands for all.
local function forget_gone(last)
  for _, oldest in ipairs(redis.call('ZRANGE', list, 0, last)) do
    if redis.call('EXISTS', KEY.BATCH .. oldest) == 0 then redis.call('ZREM', list, oldest) end
  end
end

forget_gone(9)
local known = ARGV[7] ~= '' and redis.call('GET', KEY.IDEMPOTENCY .. ARGV[7])
if known and redis.call('EXISTS', KEY.BATCH .. known) == 1 then
  return {sending_ended(known) and 'abandoned' or 'known', known}
end
local most = tonumber(ARGV[4])
if redis.call('ZCARD', list) >= most then forget_gone(-1) end -- an old one may live longer than newer ones
local kept = redis.call('ZCARD', list)
if kept >= most then return {'full', kept} end
redis.call('HSET', KEY.BATCH .. id, 'format', FORMAT, 'tenant', tenant, 'ttl_ms', ttl_ms,
  'status', 'running', 'complete', 0, 'created_at', now_ms(), 'tags', ARGV[5],
  'sending_until', now_ms() + ARGV[9])
local last = redis.call('ZREVRANGE', list, 0, 0, 'WITHSCORES')[2]
if ARGV[6] ~= '' then redis.call('HSET', KEY.BATCH .. id, 'callback_url', ARGV[6]) end
redis.call('ZADD', list, math.max(now_us(), (last or 0) + 1), id)
if ARGV[7] ~= '' then redis.call('SET', KEY.IDEMPOTENCY .. ARGV[7], id, 'PX', ARGV[8]) end
keep_batch(id)
return {'opened'}
