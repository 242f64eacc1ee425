-- ARGV: worker, lease_ms, ttl_ms, 1 when the worker has other jobs at work, then the queues that
-- it serves, the first before the others. Returns {id, record}, or {} when there is nothing to do.
local worker, lease_ms, ttl_ms, busy = ARGV[1], ARGV[2], ARGV[3], ARGV[4] == '1'
sweep()

for index = 5, #ARGV do
  local queue = KEY.QUEUED .. ARGV[index]
  local id = redis.call('ZRANGE', queue, 0, 0)[1]
  while id and get(id, 'status') ~= 'queued' do
    -- The record has expired, and the next sweep ends the job; or somebody deleted it by hand.
    if sweep() == 0 then redis.call('ZREM', queue, id) end
    id = redis.call('ZRANGE', queue, 0, 0)[1]
  end
  if id then
    -- It was at work when its worker died, and runs alone: the next death tells whose fault it is.
    if busy and get(id, 'alone') then return {} end
    leave_queue(id, ARGV[index], get(id, 'tenant'))
    redis.call('ZADD', KEY.LEASES, now_ms() + lease_ms, id)
    redis.call('HINCRBY', KEY.JOB .. id, 'attempt', 1)
    set(id, 'status', 'processing', 'worker', worker, 'started_at', now_ms())
    keep(id, ttl_ms)
    changed(id)
    return {id, record(id)}
  end
end
return {}
