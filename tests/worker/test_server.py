"""A slot of the worker, with a real Redis."""

from __future__ import annotations

import pytest
from redis import Redis

from core.options import Queue
from core.store.attempts import Attempts
from core.store.jobs import JobStore
from core.store.records import JobStatus
from tests.core.store.uploads import enqueue
from tests.redis_server import RedisServer
from worker.lease import Leases, RunningJob
from worker.server import Server


class Slot:
    """A slot that ends every job at once, and what it ran."""

    def __init__(self, redis: Redis) -> None:
        self.attempts = Attempts(redis)
        self.ran: list[str] = []
        self.leases = Leases(self.attempts, "worker-1")
        self.serve = Server(self.leases, self.run).serve

    def run(self, running: RunningJob) -> None:
        self.ran.append(running.job.id)
        self.attempts.finish(running.job.id, running.job.attempt, status=JobStatus.CANCELED)


@pytest.fixture
def slot(redis: Redis) -> Slot:
    return Slot(redis)


def test_one_bell_serves_until_nothing_waits_interactive_first(redis: Redis, slot: Slot) -> None:
    queues = [Queue.BATCH, Queue.INTERACTIVE, Queue.BATCH, Queue.INTERACTIVE]
    jobs = [enqueue(redis, queue).id for queue in queues]
    slot.serve()
    assert slot.ran == [jobs[1], jobs[3], jobs[0], jobs[2]]


def test_a_job_that_comes_meanwhile_is_served_in_its_turn(redis: Redis, slot: Slot) -> None:
    batch = [enqueue(redis, Queue.BATCH).id for _ in range(2)]
    added: list[str] = []

    def run(running: RunningJob) -> None:
        if not added:
            added.append(enqueue(redis).id)
        slot.run(running)

    Server(slot.leases, run).serve()
    assert slot.ran == [batch[0], *added, batch[1]]


def test_a_bell_for_an_empty_queue_costs_nothing(slot: Slot) -> None:
    slot.serve()
    assert slot.ran == []


def test_a_worker_that_stops_takes_no_further_job(redis: Redis, slot: Slot) -> None:
    first, second = enqueue(redis), enqueue(redis)

    def run(running: RunningJob) -> None:
        slot.leases.stop_taking()
        slot.run(running)

    server = Server(slot.leases, run)
    server.serve()
    server.serve()
    assert slot.ran == [first.id]
    assert JobStore(redis).queue_position(second) == 1


def test_a_redis_that_is_away_is_left_to_the_next_bell(
    redis: Redis, redis_server: RedisServer, slot: Slot, caplog: pytest.LogCaptureFixture
) -> None:
    redis_server.stop()
    try:
        slot.serve()
    finally:
        redis_server.start()
    assert "no job can be taken" in caplog.text
    job = enqueue(redis)
    slot.serve()
    assert slot.ran == [job.id]
