-- ARGV: prefix, id. Notes that the bytes are gone; 0 when there is no such job.
if not get('status') then return 0 end
set('media_deleted_at', now_ms())
changed()
return 1
