-- ARGV: queues. Returns {jobs that run, {jobs that wait, bells that nobody has heard yet}, …}.
sweep()
local counts = {redis.call('ZCARD', KEY.LEASES)}
for index, queue in ipairs(ARGV) do
  counts[index + 1] = {redis.call('ZCARD', KEY.QUEUED .. queue), redis.call('LLEN', queue)}
end
return counts
