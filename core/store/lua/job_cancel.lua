-- ARGV: id, tenant, ttl_ms. Returns {status before, record}, or {} when there is no such job.
local id, ttl_ms = ARGV[1], tonumber(ARGV[3])
local status = get(id, 'status')
if not status or get(id, 'tenant') ~= ARGV[2] then return {} end
if status == 'queued' then
  close(id, 'canceled', ttl_ms)
  changed(id)
elseif status == 'processing' and get(id, 'cancel_requested') ~= '1' then
  keep(id, ttl_ms) -- first, so that a Redis at maxmemory takes the rest
  set(id, 'cancel_requested', 1)
  changed(id)
end
return {status, record(id)}
