"""How long another tenant's first job waits behind a backlog, and what turns cost Redis.

Fills a queue of a real Redis with one tenant's jobs, and then lets another tenant send its first.

    python -m benchmarks.fair_share --backlog 10000
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from redis import Redis

from core.store.attempts import Attempts
from core.store.blobs import RedisBlobStore
from core.store.jobs import JobStore
from core.store.records import Job, JobStatus, MediaRef
from tests.redis_server import RedisServer

MEDIA = MediaRef("", sha256="ab" * 32, size=1, kind="image", container="png")
TAKEN = (0, 1, 100)  # jobs of the backlog that ran before the other tenant came


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--backlog", type=int, default=10_000, help="jobs of one tenant")
    backlog = arguments.parse_args().backlog
    with filled(backlog) as queue:
        show_delays(queue, backlog)
        while len(queue) < backlog:
            queue.submit("busy")
        show_costs(queue, backlog)


class Queue:
    """A queue in a Redis, and those who fill it."""

    def __init__(self, redis: Redis) -> None:
        self.redis, self.blobs, self.jobs = redis, RedisBlobStore(redis), JobStore(redis)
        self.attempts = Attempts(redis)
        self._numbers = itertools.count()

    def submit(self, tenant: str) -> Job:
        media = replace(MEDIA, blob_id=f"blob_{next(self._numbers)}")
        self.blobs.open(media.blob_id, tenant=tenant)
        self.blobs.append(media.blob_id, b"x")
        return self.jobs.create(Job.new(media=media, tenant=tenant))

    def __len__(self) -> int:
        return sum(self.jobs.counts().queued.values())


@contextmanager
def filled(backlog: int) -> Iterator[Queue]:
    """A queue in which so many jobs of one tenant wait."""
    with tempfile.TemporaryDirectory(prefix="df-") as folder, RedisServer(Path(folder)) as server:
        redis = server.client()
        queue = Queue(redis)
        for _ in range(backlog):
            queue.submit("busy")
        yield queue
        redis.close()


def show_delays(queue: Queue, backlog: int) -> None:
    attempts, taken = queue.attempts, 0
    print(f"| jobs of the {backlog:,} that ran before | jobs that ran before the other's first |")
    print("|---|---|")
    for number, before in enumerate(TAKEN):
        for _ in range(before - taken):
            attempts.take("w")
        mine, waited = queue.submit(f"other{number}"), 0
        while (job := attempts.take("w")) is not None and job.id != mine.id:
            waited += 1
        print(f"| {before:,} | {waited} |")
        taken = before + waited


def show_costs(queue: Queue, backlog: int) -> None:
    """The rows go from one state of the queue to the next."""
    redis, jobs, attempts = queue.redis, queue.jobs, queue.attempts
    limited = Attempts(redis, tenant_running=1)
    print(f"\n| with {backlog:,} jobs that wait | CPU of Redis, ms |")
    print("|---|---|")
    row(redis, "make a job (open, append, create)", lambda: queue.submit("busy"))
    mine = queue.submit("other")
    row(redis, "tell a position", lambda: jobs.queue_position(mine))
    ran = attempts.take("w")  # of the other; then those of the backlog
    ran = attempts.take("w")
    row(redis, "take the next job", lambda: attempts.take("w"))
    leases: Any = redis.zrange("df:leases", 0, -1)  # all but one end: that one is at its limit
    for job_id in (lease.decode() for lease in leases):
        if ran is not None and job_id != ran.id:
            attempts.finish(job_id, 1, status=JobStatus.CANCELED)
    row(redis, "find that the only tenant is at its limit", lambda: limited.take("w"))
    last = queue.submit("last")
    redis.zadd("df:queued:interactive", {last.id: 2.0**52})
    row(redis, "pass over all of a tenant at its limit", lambda: limited.take("w"), times=1)
    redis.delete("df:virtual-time:interactive", "df:tags:interactive")
    row(redis, "make the first job after an upgrade", lambda: queue.submit("new"), times=1)


def row(redis: Redis, name: str, act: Callable[[], object], times: int = 50) -> None:
    """Processor time of Redis: the time that passes says more about the machine's other work."""
    before = cpu_ms(redis)
    for _ in range(times):
        act()
    print(f"| {name} | {(cpu_ms(redis) - before) / times:.2f} |")


def cpu_ms(redis: Redis) -> float:
    used: Any = redis.info("cpu")
    return 1e3 * float(used["used_cpu_user"] + used["used_cpu_sys"])


if __name__ == "__main__":
    main()
