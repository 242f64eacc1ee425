"""Makes the lease of a job run out, as when its worker was silent for too long."""

from __future__ import annotations

from redis import Redis

from core.options import Queue
from core.store.attempts import Attempts
from core.store.records import Job


def expire_lease(redis: Redis, *job_ids: str) -> None:
    """End the leases now, while other workers watched all along: no outage explains it."""
    redis.set("df:leases-watched", 1, px=60_000)
    redis.zadd("df:leases", dict.fromkeys(job_ids, 1))


def take(attempts: Attempts, worker_id: str = "worker-1", *, busy: bool = False) -> Job:
    """Take the next job, which has to be there."""
    job = attempts.take(worker_id, tuple(Queue), busy=busy)
    assert job is not None
    return job


def begin(
    attempts: Attempts,
    worker_id: str = "a worker that dies",
    stage: str = "decode",
    *,
    busy: bool = False,
) -> Job:
    """Take the next job and begin on its file."""
    job = take(attempts, worker_id, busy=busy)
    assert attempts.set_stage(job.id, job.attempt, stage)
    return job
