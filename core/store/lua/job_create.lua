-- ARGV: id, ttl_ms, blob id, tenant, the most jobs that may wait for the tenant, idempotency key
-- or '', its ttl_ms, the most jobs that may wait in all queues, their names by commas, 1 when a
-- stored result may answer, 1 when it has to have its pictures, their ttl_ms and limits (all
-- bytes, the tenant's), then fields and values of the record.
-- Returns {'created', 'answered' or 'known', id, record}, {'missing'}, {'complete'} when it is for a
-- batch that takes no more or has this file, {'full', number}, or {'queued', number}.
local id, ttl_ms, blob_id, tenant = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4]
local idempotency, idempotency_ttl_ms = ARGV[6], tonumber(ARGV[7])

if idempotency ~= '' then
  local known = redis.call('GET', KEY.IDEMPOTENCY .. idempotency)
  if known and redis.call('EXISTS', KEY.JOB .. known) == 1 then
    return {'known', known, record(known)}
  end
end
local upload = redis.call('HMGET', KEY.UPLOAD .. blob_id, 'size', 'job')
local size = tonumber(upload[1] or '0')
-- An upload has one job only: when that ended, the bytes would be gone under the other.
if size == 0 or upload[2] then return {'missing'} end
if redis.call('EXISTS', KEY.CHUNKS .. blob_id) == 0 then return {'missing'} end
local fields = {}
for index = 15, #ARGV, 2 do fields[ARGV[index]] = ARGV[index + 1] end
if fields.batch then
  local batch = redis.call('HMGET', KEY.BATCH .. fields.batch, 'tenant', 'complete', 'cancel_requested')
  if batch[1] ~= tenant or batch[2] == '1' or batch[3] then return {'complete'} end
  -- Redis hung, and the file was refused before this call of long ago was run.
  local noted = redis.call('HEXISTS', KEY.BATCH_ITEMS .. fields.batch, fields.batch_item) == 1
  if noted then return {'complete'} end
end

-- Writes what all new jobs have.
local function begin()
  for name, value in pairs(fields) do set(id, name, value) end
  set(id, 'format', FORMAT, 'attempt', 0, 'uncounted', 0, 'revision', 0, 'created_at', now_ms())
  if idempotency ~= '' then
    redis.call('SET', KEY.IDEMPOTENCY .. idempotency, id, 'PX', idempotency_ttl_ms)
  end
  if fields.tombstone_ms then
    redis.call('SET', KEY.TOMBSTONE .. id, tenant, 'PX', ttl_ms + fields.tombstone_ms)
  end
  enter_list(id)
  if fields.batch then
    local item = cjson.encode({name = fields.batch_name, job = id})
    redis.call('HSET', KEY.BATCH_ITEMS .. fields.batch, fields.batch_item, item)
  end
end

local known = ARGV[10] == '1'
  and find_answer(tenant, fields.sha256, fields.options, cjson.decode(fields.media).kind)
if known and (ARGV[11] == '0' or copy_pictures(known, id, ARGV[12], ARGV[13], ARGV[14])) then
  begin()
  for _, name in ipairs({'result', 'summary', 'verdict', 'media_info', 'provenance'}) do
    local value = get(known, name)
    if value then set(id, name, value) end
  end
  set(id, 'answered_by', known)
  close(id, 'succeeded', ttl_ms)
  changed(id)
  return {'answered', id, record(id)}
end

local all = 0
for queue in ARGV[9]:gmatch('[^,]+') do all = all + redis.call('ZCARD', KEY.QUEUED .. queue) end
if all >= tonumber(ARGV[8]) then return {'full', all} end
local queued = booked(tenant, 'queued')
if queued >= tonumber(ARGV[5]) then return {'queued', queued} end

begin()
set(id, 'place', next_tag(get(id, 'queue'), tenant))
-- The upload is under way no longer: its place is free, and what it reserved in vain.
redis.call('HSET', KEY.UPLOAD .. blob_id, 'job', id, 'queue', get(id, 'queue'))
if fields.batch then redis.call('HSET', KEY.UPLOAD .. blob_id, 'batch', fields.batch) end
book(tenant, 'uploads', -1)
hold(blob_id, tenant, size)
enter_queue(id)
keep(id, ttl_ms)
changed(id)
return {'created', id, record(id)}
