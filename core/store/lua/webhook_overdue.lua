-- Returns for how long (ms) the lane that has waited longest for a sender has been due; 0 when none waits.
local first = redis.call('ZRANGE', KEY.LANES, 0, 0, 'WITHSCORES')
return first[1] and math.max(0, math.floor(now_ms() - tonumber(first[2]))) or 0
