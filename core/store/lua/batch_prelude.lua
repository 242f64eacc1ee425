-- Batches: how many of their files are in which state. The preludes of the clock and of webhooks come
-- first: they tell of a batch's end.

local STATES = {'queued', 'processing', 'succeeded', 'failed', 'canceled', 'deleted', 'expired'}

-- What became of a batch whose files have all ended: of those that nobody deleted. A cancel that
-- came too late for every file changes nothing.
local function outcome_of(seen)
  local succeeded, canceled = tonumber(seen.succeeded or 0), tonumber(seen.canceled or 0)
  local failed = (seen.failed or 0) + (seen.expired or 0)
  if canceled > 0 and seen.cancel_requested == '1' then return 'canceled' end
  if succeeded == 0 then return failed > 0 and 'failed' or 'canceled' end
  return failed + canceled > 0 and 'partially_failed' or 'succeeded'
end

-- The webhooks hear of a batch's end: what `GET /v1/batches/{id}` shows, but for the links.
local function announce_batch(batch, seen)
  local data = {id = batch, status = seen.status, counts = {total = 0}, verdicts = {}}
  for _, state in ipairs(STATES) do
    data.counts[state] = tonumber(seen[state] or 0)
    data.counts.total = data.counts.total + data.counts[state]
  end
  for _, verdict in ipairs({'fake', 'real', 'inconclusive'}) do
    data.verdicts[verdict] = tonumber(seen['verdict:' .. verdict] or 0)
  end
  data.tags = cjson.decode(seen.tags)
  if #data.tags == 0 then data.tags = nil end -- cjson writes an empty list as an object
  emit(seen.tenant, 'batch.finished', batch, seen.callback_url, function()
    return {'data', cjson.encode(data)}
  end)
end

-- Ends a batch when it is complete and nothing of it waits or runs. What it became stays.
local function settle_batch(batch)
  local key, seen = KEY.BATCH .. batch, {}
  local flat = redis.call('HGETALL', key)
  for index = 1, #flat, 2 do seen[flat[index]] = flat[index + 1] end
  local left = (seen.queued or 0) + (seen.processing or 0)
  if seen.status ~= 'running' or seen.complete ~= '1' or left > 0 then return end
  seen.status = outcome_of(seen)
  redis.call('HSET', key, 'status', seen.status, 'finished_at', now_ms())
  announce_batch(batch, seen)
end

-- Lets a batch live on as long as its jobs. Begins with PEXPIRE, which is never refused at maxmemory.
local function keep_batch(batch)
  local key = KEY.BATCH .. batch
  local seen = redis.call('HMGET', key, 'ttl_ms', 'tenant')
  if not seen[1] then return false end
  redis.call('PEXPIRE', key, seen[1])
  redis.call('PEXPIRE', KEY.BATCH_ITEMS .. batch, seen[1])
  redis.call('PEXPIRE', KEY.BATCHES .. seen[2], seen[1])
  redis.call('HSET', key, 'expires_at', now_ms() + seen[1])
  return true
end

-- Whether the gateway that took its files was lost before the last one came. What older versions
-- wrote does not tell.
local function sending_ended(batch)
  local seen = redis.call('HMGET', KEY.BATCH .. batch, 'complete', 'sending_until')
  return seen[1] == '0' and seen[2] and tonumber(seen[2]) <= now_ms()
end

-- Moves a file of a batch from one state to another; nil for a file that is new. A verdict goes with
-- the state that it was counted in.
local function count_in_batch(batch, from, to, verdict)
  if not keep_batch(batch) then return end
  local key = KEY.BATCH .. batch
  if from then redis.call('HINCRBY', key, from, -1) end
  redis.call('HINCRBY', key, to, 1)
  if verdict then redis.call('HINCRBY', key, 'verdict:' .. verdict, to == 'succeeded' and 1 or -1) end
  settle_batch(batch)
end
