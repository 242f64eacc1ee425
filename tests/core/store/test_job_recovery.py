"""Lost workers, and outages of Redis that only look like them."""

from __future__ import annotations

import time

import pytest
from redis import Redis

from core.store.jobs import Job, JobStatus, JobStore, Reaped
from tests.core.store.lost_worker import begin, expire_lease
from tests.core.store.uploads import MEDIA, upload

LEASE_S = 0.2


@pytest.fixture
def store(redis: Redis) -> JobStore:
    return JobStore(redis, lease_s=LEASE_S)


def queued(store: JobStore) -> Job:
    return store.create(Job.new(media=upload(store._redis)))


def lose_worker(store: JobStore, job_id: str) -> list[Reaped]:
    begin(store, job_id)
    expire_lease(store._redis, job_id)
    return store.reap()


def watch(store: JobStore, seconds: float) -> list[str]:
    """Ask for lost workers as often as the reaper does; what became of their jobs."""
    actions: list[str] = []
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        actions += [reaped.action for reaped in store.reap()]
        time.sleep(LEASE_S / 8)
    return actions


def test_a_file_that_loses_every_worker_fails_and_is_quarantined(store: JobStore) -> None:
    job = queued(store)
    actions = [reaped.action for _ in range(3) for reaped in lose_worker(store, job.id)]
    assert actions == ["requeued", "requeued", "failed"]
    failed = store.get(job.id)
    assert failed.status is JobStatus.FAILED
    assert failed.error is not None
    assert (failed.error["code"], failed.error["retryable"]) == ("worker_lost", True)
    assert store.crashes(MEDIA.sha256) == 3
    assert store.quarantined(MEDIA.sha256)


def test_a_file_that_is_judged_in_the_end_loses_its_crashes(store: JobStore) -> None:
    job = queued(store)
    lose_worker(store, job.id)
    assert store.crashes(MEDIA.sha256) == 1
    store.claim(job.id, "w1")
    store.finish(job.id, 2, status=JobStatus.SUCCEEDED, result={})
    assert store.crashes(MEDIA.sha256) == 0


def test_an_attempt_that_had_not_begun_is_no_crash_of_the_file(store: JobStore) -> None:
    job = queued(store)
    for _ in range(4):
        assert store.claim(job.id, "w1") is not None
        expire_lease(store._redis, job.id)
        assert [reaped.action for reaped in store.reap()] == ["requeued"]
    assert store.crashes(MEDIA.sha256) == 0
    assert [reaped.action for _ in range(3) for reaped in lose_worker(store, job.id)] == [
        "requeued", "requeued", "failed",
    ]  # fmt: skip


def test_a_silent_worker_is_lost_while_others_watch(store: JobStore) -> None:
    job = queued(store)
    begin(store, job.id)
    assert watch(store, 1.5 * LEASE_S) == ["requeued"]
    assert store.crashes(MEDIA.sha256) == 1


def test_time_in_which_nobody_could_renew_ends_no_lease(store: JobStore) -> None:
    job = queued(store)
    begin(store, job.id)
    assert watch(store, LEASE_S / 4) == []
    time.sleep(2 * LEASE_S)  # an outage
    assert watch(store, LEASE_S / 2) == []
    assert store.renew(job.id, 1).held
    assert store.crashes(MEDIA.sha256) == 0


def test_a_worker_that_stays_silent_after_an_outage_is_lost(store: JobStore) -> None:
    job = queued(store)
    begin(store, job.id)
    time.sleep(2 * LEASE_S)
    assert watch(store, 1.5 * LEASE_S) == ["requeued"]
    assert store.crashes(MEDIA.sha256) == 1
