-- ARGV: id, tenant. Returns 1, or 0 when the tenant has no such upload that is no job yet.
if look_up(ARGV[1], ARGV[2])[1] ~= 'found' then return 0 end
forget_blob(ARGV[1])
return 1
