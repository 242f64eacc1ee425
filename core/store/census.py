"""What there is in the store now, in numbers, for those who watch the service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from redis import Redis

from core.options import Queue
from core.store.keys import PREFIX
from core.store.scripts import Scripts


@dataclass(frozen=True, slots=True)
class Waiting:
    """The jobs that wait in one queue."""

    jobs: int
    oldest_s: float  # the longest wait among the next 32; 0 when none waits


@dataclass(frozen=True, slots=True)
class Census:
    """The whole service at one moment: all gateways, workers and tenants."""

    running: int
    bytes_in_flight: int
    evidence_bytes: int
    workers: int  # that live
    slots: int  # jobs that they can run at once
    queues: Mapping[Queue, Waiting]


class CensusTaker:
    """Counts by one script, which reads no job but the next of each queue."""

    def __init__(self, redis: Redis, *, prefix: str = PREFIX) -> None:
        self._run = Scripts(redis, "job", ("census",), prefix=prefix)

    def take(self) -> Census:
        """The numbers of now; raises StoreUnavailable when Redis is away."""
        running, in_flight, evidence, workers, slots, *queues = self._run("census", *Queue)
        waiting = {
            queue: Waiting(int(jobs), int(oldest_ms) / 1000)
            for queue, (jobs, oldest_ms) in zip(Queue, queues, strict=True)
        }
        return Census(
            running=int(running),
            bytes_in_flight=int(in_flight),
            evidence_bytes=int(evidence),
            workers=int(workers),
            slots=int(slots),
            queues=waiting,
        )
