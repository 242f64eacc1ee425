-- API keys. The preludes of the clock and of the audit log come first.

local KEEP_ENDED_MS = 30 * 86400000 -- a key that has ended says so for a month
local MOST_ENDED = 400 -- keys of one tenant, of which the oldest are forgotten earlier

local function record(id) return redis.call('HGETALL', KEY.API_KEY .. id) end

-- 'active'; or 'revoked' or 'expired', and since when.
local function state(id)
  local ends = redis.call('HMGET', KEY.API_KEY .. id, 'revoked_at', 'expires_at')
  if ends[1] then return 'revoked', ends[1] end
  if ends[2] and tonumber(ends[2]) <= now_ms() then return 'expired', ends[2] end
  return 'active'
end

-- Whether there is such a key, of this tenant; '' stands for any.
local function is_of(id, tenant)
  local owner = redis.call('HGET', KEY.API_KEY .. id, 'tenant')
  return owner and (tenant == '' or owner == tenant)
end

-- A key and the hashes of its secrets, whose lives are one.
local function parts(id)
  local names = {KEY.API_KEY .. id}
  for _, hash in ipairs(redis.call('HMGET', names[1], 'secret', 'secret_before')) do
    if hash then table.insert(names, KEY.API_KEY_HASH .. hash) end
  end
  return names
end

local function keep_for(id, ttl_ms)
  for _, name in ipairs(parts(id)) do redis.call('PEXPIRE', name, ttl_ms) end
end

-- Members of the index are 'tenant:id', and a tenant's name has no colon; '' stands for all.
local function members(tenant)
  if tenant == '' then return redis.call('ZRANGE', KEY.API_KEYS, 0, -1) end
  return redis.call('ZRANGEBYLEX', KEY.API_KEYS, '[' .. tenant .. ':', '(' .. tenant .. ';')
end

local function id_of(member) return member:match(':(.*)$') end
