-- Whether sweep() would end an upload, for scripts that are called too often to carry all that it needs:
-- Lua makes every function of a script anew at each call. The prelude of the clock comes first.
local function due()
  return redis.call('ZCOUNT', KEY.EXPIRIES, '-inf', now_ms()) > 0
end
