-- ARGV: prefix, id, tenant, ttl_ms. Returns the status before, '' when there is no such job.
local status = get('status')
if not status or get('tenant') ~= ARGV[3] then return '' end
if status == 'queued' then
  close('canceled', tonumber(ARGV[4]))
  changed()
elseif status == 'processing' and get('cancel_requested') ~= '1' then
  set('cancel_requested', 1)
  changed()
end
return status
