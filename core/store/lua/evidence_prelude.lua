-- Pictures that are kept for a while after their job, and their accounts. The preludes of the clock
-- and of the uploads come first. An entry is named by its whole key.

-- Forgets the pictures of a key and takes them off the accounts. Begins with ZREM and UNLINK, which a
-- Redis at maxmemory never refuses.
local function free_pictures(key)
  redis.call('ZREM', KEY.EVIDENCE_EXPIRIES, key)
  redis.call('UNLINK', key)
  local held = redis.call('HGET', KEY.EVIDENCE_HELD, key)
  if not held then return end
  redis.call('HDEL', KEY.EVIDENCE_HELD, key)
  local bytes, tenant = held:match('^(%d+) (.*)$')
  redis.call('DECRBY', KEY.EVIDENCE_BYTES, bytes)
  book(tenant, 'evidence', -bytes)
end

-- Takes pictures that have expired off the accounts, 100 at most.
local function sweep_pictures()
  local expired = redis.call('ZRANGEBYSCORE', KEY.EVIDENCE_EXPIRIES, '-inf', now_ms(), 'LIMIT', 0, 100)
  for _, key in ipairs(expired) do free_pictures(key) end
end

-- Whether so many more bytes fit; limits: all bytes, the tenant's bytes.
local function pictures_fit(tenant, bytes, limit, tenant_limit)
  local used = tonumber(redis.call('GET', KEY.EVIDENCE_BYTES) or '0')
  return used + bytes <= tonumber(limit) and booked(tenant, 'evidence') + bytes <= tonumber(tenant_limit)
end

-- Lets the pictures of a key live for ttl_ms, and books their bytes.
local function hold_pictures(key, tenant, bytes, ttl_ms)
  redis.call('PEXPIRE', key, ttl_ms)
  redis.call('ZADD', KEY.EVIDENCE_EXPIRIES, now_ms() + ttl_ms, key)
  redis.call('HSET', KEY.EVIDENCE_HELD, key, bytes .. ' ' .. tenant)
  redis.call('INCRBY', KEY.EVIDENCE_BYTES, bytes)
  book(tenant, 'evidence', bytes)
end
