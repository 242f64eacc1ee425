"""Everything that lives in Redis: jobs, uploads, workers, and the one line of waiting jobs."""
