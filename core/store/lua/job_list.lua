-- ARGV: tenant, where to begin and to end as ZREVRANGEBYSCORE takes it, the most jobs to return, the
-- most to look at, then '' or what a job must have: status, verdict, tag; then names of fields.
-- Returns {where the next page begins or '', {{id, {values}}, …}}, the newest job first.
local list, start, stop = KEY.JOBS .. ARGV[1], ARGV[2], ARGV[3]
local limit, looks = tonumber(ARGV[4]), tonumber(ARGV[5])
local status, verdict, tag = ARGV[6], ARGV[7], ARGV[8]
local names, found = {}, {}
for index = 9, #ARGV do names[index - 8] = ARGV[index] end

local function tagged(tags)
  for _, each in ipairs(cjson.decode(tags)) do
    if each == tag then return true end
  end
  return false
end

-- nil for a job that is gone.
local function wanted(id)
  local seen = redis.call('HMGET', KEY.JOB .. id, 'status', 'verdict', 'tags')
  if not seen[1] then return nil end
  return (status == '' or seen[1] == status) and (verdict == '' or seen[2] == verdict)
    and (tag == '' or tagged(seen[3]))
end

local function look(id)
  local suits = wanted(id)
  if suits then
    table.insert(found, {id, redis.call('HMGET', KEY.JOB .. id, unpack(names))})
  elseif suits == nil then
    redis.call('ZREM', list, id)
  end
end

while #found < limit and looks > 0 do
  local some = redis.call('ZREVRANGEBYSCORE', list, start, stop, 'WITHSCORES', 'LIMIT', 0, 100)
  for index = 1, #some, 2 do
    if #found < limit and looks > 0 then
      look(some[index])
      looks, start = looks - 1, '(' .. some[index + 1]
    end
  end
  if #some < 200 then break end
end
local more = redis.call('ZREVRANGEBYSCORE', list, start, stop, 'LIMIT', 0, 1)
return {#more > 0 and start or '', found}
