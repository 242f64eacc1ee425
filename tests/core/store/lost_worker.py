"""Makes the lease of a job run out, as when its worker was silent for too long."""

from __future__ import annotations

from redis import Redis

from core.store.jobs import JobStore


def expire_lease(redis: Redis, job_id: str) -> None:
    """End the lease now, while other workers watched all along: no outage explains it."""
    redis.set("df:leases-watched", 1, px=60_000)
    redis.zadd("df:leases", {job_id: 1})


def begin(store: JobStore, job_id: str, worker_id: str = "a worker that dies") -> int:
    """Claim the job and begin on its file; the number of the attempt."""
    job = store.claim(job_id, worker_id)
    assert job is not None
    assert store.set_stage(job.id, job.attempt, "decode")
    return job.attempt
