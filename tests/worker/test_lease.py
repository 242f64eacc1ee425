"""Heartbeats of running jobs against a real Redis."""

from __future__ import annotations

import pytest
from redis import Redis

from core.errors import StoreUnavailable
from core.store.jobs import Job, JobStatus, JobStore
from tests.core.store.lost_worker import expire_lease
from tests.core.store.uploads import upload
from tests.redis_server import RedisServer
from worker.lease import JobCanceled, LeaseLost, Leases


def start_job(store: JobStore) -> Job:
    media = upload(store._redis)
    job = store.claim(store.create(Job.new(media=media)).id, "worker-1")
    assert job is not None
    return job


@pytest.fixture
def store(redis: Redis) -> JobStore:
    return JobStore(redis, lease_s=15)


@pytest.fixture
def leases(store: JobStore) -> Leases:
    return Leases(store)


def test_a_heartbeat_makes_the_lease_longer(store: JobStore, leases: Leases, redis: Redis) -> None:
    job = start_job(store)
    expire_lease(redis, job.id)
    with leases.hold(job) as running:
        leases.renew()
        running.check()
    assert store.reap() == []


def test_a_reaped_job_stops_at_its_next_check(
    store: JobStore, leases: Leases, redis: Redis
) -> None:
    job = start_job(store)
    with leases.hold(job) as running:
        expire_lease(redis, job.id)
        assert [reaped.action for reaped in store.reap()] == ["requeued"]
        leases.renew()
        with pytest.raises(LeaseLost):
            running.check()


def test_a_deleted_job_stops_at_its_next_check(store: JobStore, leases: Leases) -> None:
    job = start_job(store)
    with leases.hold(job) as running:
        store.delete(job.id, job.tenant)
        leases.renew()
        with pytest.raises(LeaseLost):
            running.check()


def test_a_job_whose_client_gave_up_is_told_so(store: JobStore, leases: Leases) -> None:
    job = start_job(store)
    with leases.hold(job) as running:
        store.request_cancel(job.id, job.tenant)
        running.check()
        leases.renew()
        with pytest.raises(JobCanceled):
            running.check()


def test_a_job_goes_on_while_redis_is_away(
    store: JobStore, leases: Leases, redis_server: RedisServer
) -> None:
    with leases.hold(start_job(store)) as running:
        redis_server.stop()
        try:
            with pytest.raises(StoreUnavailable):
                leases.renew()
        finally:
            redis_server.start()
        running.check()


def test_only_running_jobs_are_counted(store: JobStore, leases: Leases) -> None:
    with leases.hold(start_job(store)), leases.hold(start_job(store)):
        assert len(leases) == 2
    assert len(leases) == 0


def test_given_back_jobs_wait_again_and_their_threads_stop(store: JobStore, leases: Leases) -> None:
    job = start_job(store)
    with leases.hold(job) as running:
        assert [released.id for released in leases.release_all()] == [job.id]
        with pytest.raises(LeaseLost):
            running.check()
    assert store.get(job.id).status is JobStatus.QUEUED


def test_a_job_that_was_to_be_canceled_is_not_given_back(store: JobStore, leases: Leases) -> None:
    job = start_job(store)
    store.request_cancel(job.id, job.tenant)
    with leases.hold(job):
        assert leases.release_all() == []
    assert store.get(job.id).status is JobStatus.CANCELED
