-- Results that answer for the same bytes again. The preludes of jobs and of evidence come first.

-- What has to be the same: tenant, bytes, every option, and the model's bundle.
local function answer_key(tenant, sha256, options, model)
  return KEY.ANSWERS .. table.concat({tenant, sha256, redis.sha1hex(options), model}, ':')
end

-- The bundle by which every live worker judges such files; nil when there is none, or several.
local function live_model(kind)
  local only
  for _, worker in ipairs(redis.call('ZRANGEBYSCORE', KEY.WORKERS, '(' .. now_ms(), '+inf')) do
    local beat = cjson.decode(redis.call('HGET', KEY.HEARTBEATS, worker) or '{}')
    -- The JSON of a worker with one model has null for the other, which is no table here.
    local judge = kind == 'video' and type(beat.video_model) == 'table' and beat.video_model or beat.model
    if not judge or (only and only ~= judge.sha256) then return nil end
    only = judge.sha256
  end
  return only
end

-- Notes that a job's result answers for its bytes from now on, as long as the job is there.
local function remember_answer(id, ttl_ms)
  local model = cjson.decode(get(id, 'summary') or '{}').model
  if not model then return end -- written by a worker of an older version
  local key = answer_key(get(id, 'tenant'), get(id, 'sha256'), get(id, 'options'), model.sha256)
  redis.call('SET', key, id, 'PX', ttl_ms)
end

-- The job whose result answers for these bytes now, or nil.
local function find_answer(tenant, sha256, options, kind)
  local model = live_model(kind)
  local id = model and redis.call('GET', answer_key(tenant, sha256, options, model))
  return id and get(id, 'status') == 'succeeded' and id or nil
end

-- Copies the pictures of a job to another, with a life and an account of their own; false when they
-- are gone or do not fit.
local function copy_pictures(from, to, ttl_ms, limit, tenant_limit)
  local source, copy, tenant = KEY.EVIDENCE .. from, KEY.EVIDENCE .. to, get(from, 'tenant')
  sweep_pictures()
  local held, kept = redis.call('HGET', KEY.EVIDENCE_HELD, source), get(from, 'evidence')
  if not held or not kept or redis.call('EXISTS', source) == 0 then return false end
  local bytes = tonumber(held:match('^%d+'))
  if not pictures_fit(tenant, bytes, limit, tenant_limit) then return false end
  redis.call('COPY', source, copy)
  hold_pictures(copy, tenant, bytes, ttl_ms)
  kept = cjson.decode(kept)
  kept.expires_at = now_ms() + ttl_ms
  set(to, 'evidence', cjson.encode(kept))
  return true
end
