-- The log of what administrators did: about the 10,000 newest entries. A script that changes
-- something writes its entry too, so there is no change without one.

local function audit(action, tenant, subject, actor, address, details)
  redis.call('XADD', KEY.AUDIT, 'MAXLEN', '~', 10000, '*', 'action', action, 'tenant', tenant,
    'subject', subject, 'actor', actor, 'address', address, 'details', details)
end
