-- Rates within a sliding window: a list of the times of what was let through. The clock comes first.

-- Counts so many of a tenant's policy, all or none: {1 when they are let through or 0, how many more
-- would be, ms until there is more room}.
local function take_rate(name, limit, window_ms, wanted)
  local key = KEY.RATE .. name
  local now = now_ms()

  -- A Redis at maxmemory takes this write, and after it those below: nobody is refused a look at a
  -- job because memory is full. It shortens the list where the limit was lowered.
  redis.call('LTRIM', key, -limit, -1)
  local oldest = tonumber(redis.call('LINDEX', key, 0))
  -- What is later than now was written before the clock was set back.
  while oldest and (oldest <= now - window_ms or oldest > now) do
    redis.call('LPOP', key)
    oldest = tonumber(redis.call('LINDEX', key, 0))
  end

  local left = limit - redis.call('LLEN', key)
  if left < wanted then
    -- The one whose leaving makes room for all that are asked for.
    local last = tonumber(redis.call('LINDEX', key, wanted - left - 1)) or now
    return {0, left, last + window_ms - now}
  end
  for _ = 1, wanted do redis.call('RPUSH', key, now) end
  redis.call('PEXPIRE', key, window_ms)
  return {1, left - wanted, (oldest or now) + window_ms - now}
end
