-- ARGV: queues. Returns {jobs that run, bytes in flight, bytes of evidence, live workers, their
-- slots, {jobs that wait, how long (ms) the oldest of them has waited}, …}. It looks at the next
-- LOOKS jobs of a queue alone, so it costs the same however many there are: tenants take turns, so
-- the oldest job of each is near the front.
local LOOKS = 32
sweep()
local now = now_ms()
local ids = redis.call('ZRANGEBYSCORE', KEY.WORKERS, '(' .. now, '+inf')
local slots = 0
for _, beat in ipairs(#ids > 0 and redis.call('HMGET', KEY.HEARTBEATS, unpack(ids)) or {}) do
  slots = slots + (beat and cjson.decode(beat).concurrency or 0)
end
local census = {
  redis.call('ZCARD', KEY.LEASES),
  tonumber(redis.call('GET', KEY.BYTES) or '0'),
  tonumber(redis.call('GET', KEY.EVIDENCE_BYTES) or '0'),
  #ids, slots,
}
for _, queue in ipairs(ARGV) do
  local since = now
  for _, id in ipairs(redis.call('ZRANGE', KEY.QUEUED .. queue, 0, LOOKS - 1)) do
    since = math.min(since, tonumber(get(id, 'created_at') or now))
  end
  table.insert(census, {redis.call('ZCARD', KEY.QUEUED .. queue), now - since})
end
return census
