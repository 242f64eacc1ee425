"""Bells for jobs that wait, on the lists of a real broker."""

from __future__ import annotations

import pytest
from redis import Redis

from core.options import Queue
from core.store.doorbell import MAX_BELLS
from core.store.jobs import JobStore
from tests.core.store.uploads import enqueue
from worker.app import create_celery
from worker.doorbell import Doorbell
from worker.settings import WorkerSettings


class Bells:
    """A doorbell of a worker with ``idle`` slots, and what sounds."""

    def __init__(self, redis: Redis, url: str, queues: tuple[Queue, ...] = tuple(Queue)) -> None:
        self._redis = redis
        self.idle = 4
        app = create_celery(WorkerSettings(redis_url=url))
        self.doorbell = Doorbell(app, JobStore(redis), queues, idle_slots=lambda: self.idle)

    def sounding(self) -> tuple[int, int]:
        return self._redis.llen("interactive"), self._redis.llen("batch")


@pytest.fixture
def bells(redis: Redis, redis_url: str) -> Bells:
    return Bells(redis, redis_url)


def test_every_idle_slot_is_woken_for_a_job_once(redis: Redis, bells: Bells) -> None:
    for queue in (Queue.INTERACTIVE, *[Queue.BATCH] * 5):
        enqueue(redis, queue)
    bells.doorbell.ring_for_idle_slots()
    assert bells.sounding() == (1, 3)
    bells.idle = 1
    bells.doorbell.ring_for_idle_slots()
    assert bells.sounding() == (1, 4)
    bells.idle = 4
    bells.doorbell.ring_for_idle_slots()
    bells.doorbell.ring_for_idle_slots()
    assert bells.sounding() == (1, 5)


def test_nobody_rings_while_every_slot_is_at_work(redis: Redis, bells: Bells) -> None:
    enqueue(redis)
    bells.idle = 0
    bells.doorbell.ring_for_idle_slots()
    assert bells.sounding() == (0, 0)


def test_nobody_rings_for_nothing_or_for_queues_of_others(redis: Redis, redis_url: str) -> None:
    bells = Bells(redis, redis_url, (Queue.BATCH,))
    bells.doorbell.ring_for_idle_slots()
    enqueue(redis)
    bells.doorbell.ring_for_idle_slots()
    assert bells.sounding() == (0, 0)


def test_a_worker_that_stops_rings_for_all_that_waits(redis: Redis, bells: Bells) -> None:
    bells.idle = 0
    for _ in range(MAX_BELLS + 3):
        enqueue(redis, Queue.BATCH)
    bells.doorbell.ring_for_others()
    assert bells.sounding() == (0, MAX_BELLS)


def test_a_bell_carries_no_job(redis: Redis, bells: Bells) -> None:
    job = enqueue(redis)
    bells.doorbell.ring_for_idle_slots()
    (message,) = redis.lrange("interactive", 0, -1)
    assert job.id.encode() not in message
    assert len(message) < 1000
