-- ARGV: id. An upload that a job has taken over ends with that job, and not here.
if redis.call('HEXISTS', KEY.UPLOAD .. ARGV[1], 'job') == 0 then forget_blob(ARGV[1]) end
