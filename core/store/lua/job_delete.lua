-- ARGV: prefix, id, tenant. Returns 1, or 0 when there is no such job.
-- A worker that runs it learns by its next renewal.
if get('tenant') ~= ARGV[3] then return 0 end
redis.call('ZREM', leases, id)
redis.call('ZREM', line_of(get('queue')), id)
forget_blob(get('blob_id'))
redis.call('UNLINK', job)
redis.call('PUBLISH', prefix .. 'job-events', id)
return 1
