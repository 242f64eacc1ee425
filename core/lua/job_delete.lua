-- ARGV: prefix, id, tenant. Returns the blob id, '' when there is no such job.
-- A worker that runs it learns by its next renewal.
if get('tenant') ~= ARGV[3] then return '' end
local blob_id = get('blob_id')
redis.call('ZREM', leases, id)
redis.call('ZREM', line_of(get('queue')), id)
redis.call('UNLINK', job)
redis.call('PUBLISH', prefix .. 'job-events', id)
return blob_id
