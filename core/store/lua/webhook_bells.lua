-- ARGV: the broker's queue. Returns 1 when a bell has to be rung: something is due, and no bell sounds.
local due_now = redis.call('ZCOUNT', KEY.LANES, '-inf', now_ms()) > 0
return due_now and redis.call('LLEN', ARGV[1]) == 0 and 1 or 0
