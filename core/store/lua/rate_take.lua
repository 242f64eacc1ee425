-- ARGV: tenant:policy, the most within the window, its ms, how many are asked for.
-- Returns what take_rate returns.
return take_rate(ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]))
