"""Heartbeats of running jobs against a real Redis."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from redis import Redis

from core.errors import StoreUnavailable
from core.options import Queue
from core.store.attempts import Attempts
from core.store.jobs import JobStore
from core.store.records import JobStatus, LeaseState
from tests.core.store.lost_worker import begin, expire_lease
from tests.core.store.uploads import enqueue
from tests.redis_server import RedisServer
from worker.lease import JobCanceled, LeaseLost, Leases, RunningJob


@pytest.fixture
def store(redis: Redis) -> JobStore:
    return JobStore(redis)


@pytest.fixture
def attempts(redis: Redis) -> Attempts:
    return Attempts(redis, lease_s=15)


@pytest.fixture
def leases(attempts: Attempts) -> Leases:
    return Leases(attempts, "worker-1")


@contextmanager
def started(redis: Redis, leases: Leases) -> Iterator[RunningJob]:
    """A job that is at work."""
    enqueue(redis)
    with leases.take() as running:
        assert running is not None
        yield running


def test_a_heartbeat_makes_the_lease_longer(
    redis: Redis, attempts: Attempts, leases: Leases
) -> None:
    with started(redis, leases) as running:
        expire_lease(redis, running.job.id)
        leases.renew()
        running.check()
        assert attempts.reap() == []


def test_a_reaped_job_stops_at_its_next_check(
    redis: Redis, attempts: Attempts, leases: Leases
) -> None:
    with started(redis, leases) as running:
        expire_lease(redis, running.job.id)
        assert [reaped.action for reaped in attempts.reap()] == ["requeued"]
        leases.renew()
        with pytest.raises(LeaseLost):
            running.check()


def test_a_deleted_job_stops_at_its_next_check(
    redis: Redis, store: JobStore, leases: Leases
) -> None:
    with started(redis, leases) as running:
        store.delete(running.job.id, running.job.tenant)
        leases.renew()
        with pytest.raises(LeaseLost):
            running.check()


def test_a_job_whose_client_gave_up_is_told_so(
    redis: Redis, store: JobStore, leases: Leases
) -> None:
    with started(redis, leases) as running:
        store.request_cancel(running.job.id, running.job.tenant)
        running.check()
        leases.renew()
        with pytest.raises(JobCanceled):
            running.check()


def test_a_job_goes_on_while_redis_is_away(
    redis: Redis, leases: Leases, redis_server: RedisServer
) -> None:
    with started(redis, leases) as running:
        redis_server.stop()
        try:
            with pytest.raises(StoreUnavailable):
                leases.renew()
            with pytest.raises(StoreUnavailable), leases.take():
                pass
        finally:
            redis_server.start()
        running.check()


def test_each_job_gets_its_turn_where_only_every_second_call_comes_through(
    redis: Redis, leases: Leases, monkeypatch: pytest.MonkeyPatch
) -> None:
    really, calls = Attempts.renew, itertools.count()

    def renew(attempts: Attempts, job_id: str, *rest: Any) -> LeaseState:
        if next(calls) % 2:
            raise StoreUnavailable("Redis cannot be reached.")
        renewed.add(job_id)
        return really(attempts, job_id, *rest)

    renewed: set[str] = set()
    monkeypatch.setattr(Attempts, "renew", renew)
    with ExitStack() as stack:
        running = [stack.enter_context(started(redis, leases)) for _ in range(4)]
        for _ in range(4):
            with pytest.raises(StoreUnavailable):
                leases.renew()
    assert renewed == {each.job.id for each in running}


def test_only_running_jobs_are_counted(redis: Redis, leases: Leases) -> None:
    with started(redis, leases), started(redis, leases):
        assert len(leases) == 2
    assert len(leases) == 0
    with leases.take() as running:
        assert running is None


def test_given_back_jobs_wait_again_and_their_threads_stop(
    redis: Redis, store: JobStore, leases: Leases
) -> None:
    with started(redis, leases) as running:
        leases.release_all()
        with pytest.raises(LeaseLost):
            running.check()
    assert store.get(running.job.id).status is JobStatus.QUEUED


def test_jobs_that_can_not_be_given_back_write_nothing_either(
    redis: Redis, leases: Leases, redis_server: RedisServer
) -> None:
    with started(redis, leases) as first, started(redis, leases) as second:
        redis_server.stop()
        try:
            with pytest.raises(StoreUnavailable):
                leases.release_all()
        finally:
            redis_server.start()
        for running in (first, second):
            with pytest.raises(LeaseLost):
                running.check()


def test_a_job_that_was_to_be_canceled_is_not_given_back(
    redis: Redis, store: JobStore, leases: Leases
) -> None:
    with started(redis, leases) as running:
        store.request_cancel(running.job.id, running.job.tenant)
        leases.release_all()
    assert store.get(running.job.id).status is JobStatus.CANCELED


def test_a_job_whose_worker_was_lost_gets_the_process_for_itself(
    redis: Redis, attempts: Attempts, leases: Leases
) -> None:
    suspect = enqueue(redis)
    begin(attempts)
    expire_lease(redis, suspect.id)
    attempts.reap()
    other = enqueue(redis, Queue.BATCH)
    with leases.take() as alone:
        assert alone is not None
        assert alone.job.id == suspect.id
        with leases.take() as second:
            assert second is None
    with leases.take() as next_one:
        assert next_one is not None
        assert next_one.job.id == other.id


def test_a_job_that_runs_alone_waits_until_the_process_is_idle(
    redis: Redis, attempts: Attempts, leases: Leases
) -> None:
    suspect = enqueue(redis)
    begin(attempts)
    enqueue(redis)
    with leases.take() as running:
        assert running is not None
        expire_lease(redis, suspect.id)
        attempts.reap()
        with leases.take() as second:
            assert second is None
    with leases.take() as alone:
        assert alone is not None
        assert alone.job.id == suspect.id
