-- An upload that a job has taken over ends with that job, and not here.
if redis.call('HEXISTS', owners_key, id) == 0 then forget_blob(id) end
