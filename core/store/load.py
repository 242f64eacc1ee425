"""What the service has to do and to do it with, at one moment: jobs, slots, measured times."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from redis import Redis

from core.options import Queue
from core.store.keys import PREFIX
from core.store.scripts import Scripts
from core.store.workers import Heartbeat, parse_heartbeat


@dataclass(frozen=True, slots=True)
class RunningJob:
    """A job under a lease, and for how many seconds it has had its slot."""

    worker_id: str
    queue: Queue
    kind: str
    elapsed_s: float


@dataclass(frozen=True, slots=True)
class Load:
    """Counts of all tenants together; ``now_s`` is the time of Redis when it was read.

    ``service_s`` is the mean of the seconds that a job takes its slot for, by ``queue`` and by
    ``queue:kind``; what was not measured yet is not in it.
    """

    now_s: float
    waiting: Mapping[Queue, int]
    oldest_wait_s: Mapping[Queue, float]  # of the queues in which a job waits
    running: Sequence[RunningJob]
    service_s: Mapping[str, float]
    workers: Sequence[Heartbeat]
    read_at: float = field(default_factory=monotonic)  # by the clock of this process

    @property
    def slots(self) -> int:
        """How many jobs the live workers can run at one time."""
        return sum(worker.concurrency for worker in self.workers)

    @property
    def free_slots(self) -> int:
        """How many more they could run now."""
        return max(0, self.slots - len(self.running))

    def time_s(self) -> float:
        """What the clock of Redis says now."""
        return self.now_s + monotonic() - self.read_at

    def mean_s(self, queue: Queue, kind: str | None = None) -> float | None:
        """How long a job takes its slot for; None while that was not measured."""
        return self.service_s.get(queue if kind is None else f"{queue}:{kind}")

    def work_s(self, queue: Queue) -> float | None:
        """Seconds of slots that the waiting jobs will take; None while that was not measured."""
        if not self.waiting[queue]:
            return 0.0
        mean_s = self.mean_s(queue)
        return None if mean_s is None else mean_s * self.waiting[queue]


class LoadStore:
    """Reads the load in one call, which raises StoreUnavailable when Redis is away."""

    def __init__(self, redis: Redis, *, prefix: str = PREFIX) -> None:
        self._run = Scripts(redis, "job", ("load",), prefix=prefix)

    def read(self) -> Load:
        """The load now; costs as much as there are jobs that run, and live workers."""
        now_ms, queues, running, times, beats = self._run("load", *Queue)
        counts = dict(zip(Queue, queues, strict=True))
        return Load(
            now_s=now_ms / 1000,
            waiting={queue: int(waiting) for queue, (waiting, _) in counts.items()},
            oldest_wait_s={
                queue: max(0.0, (now_ms - came) / 1000)
                for queue, (_, came) in counts.items()
                if came
            },
            running=[_running(now_ms, *job) for job in running],
            service_s=_service_times(times),
            workers=[parse_heartbeat(beat) for beat in beats if beat is not None],
        )


def _running(now_ms: int, worker: bytes, queue: bytes, media: bytes, started: bytes) -> RunningJob:
    return RunningJob(
        worker_id=worker.decode(),
        queue=Queue(queue.decode()),
        kind=str(json.loads(media)["kind"]),
        elapsed_s=max(0.0, (now_ms - int(started)) / 1000),
    )


def _service_times(flat: list[Any]) -> dict[str, float]:
    means = {name.decode(): float(mean) for name, mean in zip(flat[::2], flat[1::2], strict=True)}
    return {name: mean / 1000 for name, mean in means.items() if not name.endswith(":n")}
