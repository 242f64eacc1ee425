-- ARGV: id, tenant. Returns 1, or 0 when there is no such job.
-- A worker that runs it learns by its next renewal. Webhooks about it that wait are not sent any more.
local id, tenant = ARGV[1], ARGV[2]
if get(id, 'tenant') ~= tenant then return 0 end
end_lease(id, tenant)
leave_queue(id, get(id, 'queue'), tenant)
forget_blob(get(id, 'blob_id'))
free_pictures(KEY.EVIDENCE .. id)
redis.call('ZREM', KEY.JOBS .. tenant, id)
redis.call('UNLINK', KEY.JOB .. id, KEY.TOMBSTONE .. id)
forget_subject(id)
tell(id)
return 1
