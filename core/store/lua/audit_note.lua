-- ARGV: action, tenant, subject, who did it, from where, details.
audit(unpack(ARGV))
