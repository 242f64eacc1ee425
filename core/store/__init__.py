"""Everything that lives in Redis: jobs, uploads, workers, and the queues of waiting jobs."""
