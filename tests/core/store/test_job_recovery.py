"""Lost workers, and outages of Redis that only look like them."""

from __future__ import annotations

import time

import pytest
from redis import Redis

from core.errors import FileQuarantined
from core.store.attempts import Attempts
from core.store.jobs import JobStore
from core.store.records import JobStatus, Reaped
from tests.core.store.lost_worker import begin, expire_lease, take
from tests.core.store.passing import pass_time
from tests.core.store.uploads import MEDIA, enqueue

LEASE_S = 40.0


@pytest.fixture
def attempts(redis: Redis) -> Attempts:
    return Attempts(redis, lease_s=LEASE_S)


@pytest.fixture
def store(redis: Redis) -> JobStore:
    return JobStore(redis)


def crashes(store: JobStore, tenant: str = "local") -> int:
    return store.quarantine.crashes(tenant, MEDIA.sha256)


def lose_worker(redis: Redis, attempts: Attempts) -> list[Reaped]:
    expire_lease(redis, begin(attempts).id)
    return attempts.reap()


def watch(redis: Redis, attempts: Attempts, leases: float) -> list[str]:
    """Ask for lost workers eight times a lease, as the reaper does; what became of their jobs."""
    actions: list[str] = []
    for _ in range(round(8 * leases)):
        actions += [reaped.action for reaped in attempts.reap()]
        pass_time(redis, LEASE_S / 8)
    return actions


def test_a_file_that_loses_every_worker_fails_and_is_quarantined(
    redis: Redis, attempts: Attempts, store: JobStore
) -> None:
    job = enqueue(redis)
    actions = [reaped.action for _ in range(3) for reaped in lose_worker(redis, attempts)]
    assert actions == ["requeued", "requeued", "failed"]
    failed = store.get(job.id)
    assert failed.status is JobStatus.FAILED
    assert failed.error is not None
    assert (failed.error["code"], failed.error["retryable"]) == ("worker_lost", True)
    assert "lost 3 times" in failed.error["message"]
    assert crashes(store) == 3
    with pytest.raises(FileQuarantined, match="3 workers"):
        store.quarantine.check("local", MEDIA.sha256)


def test_a_quarantine_tells_other_tenants_nothing(
    redis: Redis, attempts: Attempts, store: JobStore
) -> None:
    enqueue(redis, tenant="acme")
    for _ in range(3):
        lose_worker(redis, attempts)
    with pytest.raises(FileQuarantined):
        store.quarantine.check("acme", MEDIA.sha256)
    store.quarantine.check("other", MEDIA.sha256)
    enqueue(redis, tenant="other")
    attempts.finish(begin(attempts).id, 1, status=JobStatus.SUCCEEDED, result={})
    assert (crashes(store, "acme"), crashes(store, "other")) == (3, 0)


def test_a_requeued_job_has_its_old_position(
    redis: Redis, attempts: Attempts, store: JobStore
) -> None:
    lost, other = enqueue(redis), enqueue(redis)
    lose_worker(redis, attempts)
    assert [store.queue_position(job) for job in (lost, other)] == [1, 2]
    assert [take(attempts).id for _ in range(2)] == [lost.id, other.id]


def test_a_file_that_is_judged_in_the_end_loses_its_crashes(
    redis: Redis, attempts: Attempts, store: JobStore
) -> None:
    job = enqueue(redis)
    lose_worker(redis, attempts)
    assert crashes(store) == 1
    take(attempts)
    attempts.finish(job.id, 2, status=JobStatus.SUCCEEDED, result={})
    assert crashes(store) == 0


def test_an_attempt_that_had_not_begun_is_no_crash_of_the_file(
    redis: Redis, attempts: Attempts, store: JobStore
) -> None:
    job = enqueue(redis)
    for _ in range(4):
        take(attempts)
        expire_lease(redis, job.id)
        assert [reaped.action for reaped in attempts.reap()] == ["requeued"]
    assert crashes(store) == 0
    assert [reaped.action for _ in range(3) for reaped in lose_worker(redis, attempts)] == [
        "requeued", "requeued", "failed",
    ]  # fmt: skip


def test_only_the_job_in_inference_is_charged_for_the_death_of_its_worker(
    redis: Redis, attempts: Attempts, store: JobStore
) -> None:
    decoding, poison = enqueue(redis, tenant="a"), enqueue(redis, tenant="b")
    begin(attempts)
    begin(attempts, stage="infer", busy=True)
    expire_lease(redis, decoding.id, poison.id)
    assert sorted(reaped.action for reaped in attempts.reap()) == ["requeued", "requeued"]
    assert (crashes(store, "a"), crashes(store, "b")) == (0, 1)


def test_neighbours_of_a_poison_are_never_charged_with_its_deaths(
    redis: Redis, store: JobStore
) -> None:
    attempts = Attempts(redis, max_attempts=2)
    poison = enqueue(redis, tenant="poison")
    neighbours = [enqueue(redis, tenant=f"n{number}") for number in range(3)]
    at_work: list[str] = []
    while store.get(poison.id).status is not JobStatus.FAILED:
        at_work = []
        while (job := attempts.take("w", busy=bool(at_work))) is not None:
            attempts.set_stage(job.id, job.attempt, "decode")
            at_work.append(job.id)
            if job.runs_alone:
                break
        if poison.id in at_work:
            expire_lease(redis, *at_work)
            attempts.reap()
        else:
            for job_id in at_work:
                attempts.finish(job_id, store.get(job_id).attempt, status=JobStatus.SUCCEEDED)
    assert crashes(store, "poison") == 2
    for neighbour in neighbours:
        assert crashes(store, neighbour.tenant) == 0
    while (job := attempts.take("w")) is not None:
        assert attempts.finish(job.id, job.attempt, status=JobStatus.SUCCEEDED)
    assert {store.get(job.id).status for job in neighbours} == {JobStatus.SUCCEEDED}


def test_a_job_whose_worker_was_lost_runs_alone(redis: Redis, attempts: Attempts) -> None:
    lost = enqueue(redis)
    lose_worker(redis, attempts)
    other = enqueue(redis)
    assert attempts.take("w", busy=True) is None  # it is first, and has to wait for the worker
    again = take(attempts, busy=False)
    assert (again.id, again.runs_alone) == (lost.id, True)
    assert take(attempts, busy=True).id == other.id


def test_a_job_that_a_living_worker_dropped_counts_but_is_no_crash(
    redis: Redis, attempts: Attempts, store: JobStore
) -> None:
    dropped, at_work = enqueue(redis), enqueue(redis)
    begin(attempts, "w")
    begin(attempts, "w", busy=True)
    expire_lease(redis, dropped.id)
    attempts.renew(at_work.id, 1)
    assert [(reaped.job_id, reaped.action) for reaped in attempts.reap()] == [
        (dropped.id, "requeued")
    ]
    assert crashes(store) == 0
    assert attempts.renew(at_work.id, 1).held


def test_a_take_that_a_living_worker_never_heard_of_does_not_count(
    redis: Redis, attempts: Attempts, store: JobStore
) -> None:
    unheard, at_work = enqueue(redis), enqueue(redis)
    attempts.take("w", busy=True)  # its answer was lost
    begin(attempts, "w", busy=True)
    for _ in range(3):
        expire_lease(redis, unheard.id)
        attempts.renew(at_work.id, 1)
        assert [reaped.action for reaped in attempts.reap()] == ["requeued"]
        attempts.take("w", busy=True)
    assert crashes(store) == 0


def test_the_jobs_of_a_lost_worker_come_back_together(redis: Redis, attempts: Attempts) -> None:
    first, second = enqueue(redis), enqueue(redis)
    begin(attempts, "w")
    pass_time(redis, LEASE_S * 0.6)
    begin(attempts, "w", busy=True)
    redis.set("df:leases-watched", 1, px=60_000)
    pass_time(redis, LEASE_S * 0.5)  # the lease of the second is alive, its worker is not
    assert {reaped.job_id for reaped in attempts.reap()} == {first.id, second.id}


def test_a_silent_worker_is_lost_while_others_watch(
    redis: Redis, attempts: Attempts, store: JobStore
) -> None:
    enqueue(redis)
    begin(attempts)
    assert watch(redis, attempts, 3) == ["requeued"]
    assert crashes(store) == 1


def test_time_in_which_nobody_could_renew_ends_no_lease(
    redis: Redis, attempts: Attempts, store: JobStore
) -> None:
    job = enqueue(redis)
    begin(attempts)
    assert watch(redis, attempts, 1 / 4) == []
    pass_time(redis, 2 * LEASE_S)  # an outage
    assert watch(redis, attempts, 1 / 2) == []
    assert attempts.renew(job.id, 1).held
    assert crashes(store) == 0


def test_a_clock_that_was_set_back_does_not_keep_the_jobs_of_a_lost_worker(
    redis: Redis, attempts: Attempts, store: JobStore
) -> None:
    job = enqueue(redis)
    begin(attempts)
    assert watch(redis, attempts, 1 / 4) == []
    an_hour_on = (time.time() + 3600) * 1000  # the end of the lease, as the clock was before
    redis.zadd("df:leases", {job.id: an_hour_on})
    assert watch(redis, attempts, 3) == ["requeued"]


def test_a_worker_that_stays_silent_after_an_outage_is_lost(
    redis: Redis, attempts: Attempts, store: JobStore
) -> None:
    enqueue(redis)
    begin(attempts)
    pass_time(redis, 2 * LEASE_S)
    assert watch(redis, attempts, 3) == ["requeued"]
    assert crashes(store) == 1
