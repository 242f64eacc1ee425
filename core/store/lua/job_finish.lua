-- ARGV: id, attempt, ttl_ms, status, then fields and values. Returns 1 when accepted.
local id, status = ARGV[1], ARGV[4]
if not holds(id, ARGV[2]) then return 0 end
-- Its client was told that it will be canceled, and the worker has not heard of it in time.
if get(id, 'cancel_requested') == '1' then status = 'canceled' end

-- How long the job took its slot, as a mean to which the last ten jobs give most of the weight.
local function measure()
  local spent = math.max(now_ms() - get(id, 'started_at'), 0)
  local known, media = pcall(cjson.decode, get(id, 'media'))
  local names = {get(id, 'queue')}
  if known and media.kind then names[2] = names[1] .. ':' .. media.kind end
  for _, name in ipairs(names) do
    local count = redis.call('HINCRBY', KEY.SERVICE_TIMES, name .. ':n', 1)
    local mean = redis.call('HGET', KEY.SERVICE_TIMES, name) or '0'
    redis.call('HSET', KEY.SERVICE_TIMES, name, mean + (spent - mean) * math.max(1 / count, 0.1))
  end
end

close(id, status, tonumber(ARGV[3]))
if status == ARGV[4] then
  for index = 5, #ARGV, 2 do set(id, ARGV[index], ARGV[index + 1]) end
end
-- A file that was judged is no poison.
if ARGV[4] == 'succeeded' then redis.call('DEL', crashes_key(id)) end
-- A job that is canceled tells nothing of those that are not.
if status ~= 'canceled' then measure() end
if status == 'succeeded' then remember_answer(id, ARGV[3]) end
changed(id)
return 1
