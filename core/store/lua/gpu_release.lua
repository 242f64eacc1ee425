-- ARGV: UUID, owner. Nobody releases the GPU of another.
if redis.call('GET', KEY.GPU .. ARGV[1]) == ARGV[2] then redis.call('DEL', KEY.GPU .. ARGV[1]) end
