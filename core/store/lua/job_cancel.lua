-- ARGV: id, tenant, ttl_ms. Returns {status before, record}, or {} when there is no such job.
local id = ARGV[1]
local status = get(id, 'status')
if not status or get(id, 'tenant') ~= ARGV[2] then return {} end
cancel(id, tonumber(ARGV[3]))
return {status, record(id)}
