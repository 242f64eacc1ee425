from __future__ import annotations

import re
import time
from typing import Any

import pytest
from redis import Redis

from core.errors import JobFinished, JobNotFound
from core.options import Queue, Sampling
from core.store.attempts import Attempts
from core.store.doorbell import MAX_BELLS
from core.store.jobs import JobStore
from core.store.records import Job, JobOptions, JobStatus, Progress
from tests.core.store.lost_worker import expire_lease, take
from tests.core.store.uploads import enqueue, upload


@pytest.fixture
def store(redis: Redis) -> JobStore:
    return JobStore(redis)


@pytest.fixture
def attempts(redis: Redis) -> Attempts:
    return Attempts(redis)


def test_a_created_job_reads_back_as_it_was_written(redis: Redis, store: JobStore) -> None:
    options = JobOptions(frames=7, sampling=Sampling.EXACT)
    media = upload(redis, "acme")
    new = Job.new(media=media, tenant="acme", queue=Queue.BATCH, options=options, tags=("a", "ü"))
    job = store.create(new)
    assert (job.id, job.tenant, job.queue, job.media) == (new.id, "acme", Queue.BATCH, media)
    assert (job.options, job.tags, job.status) == (options, ("a", "ü"), JobStatus.QUEUED)
    assert abs((job.created_at - new.created_at).total_seconds()) < 5
    assert re.fullmatch(r"job_[0-9A-HJKMNP-TV-Z]{26}", job.id)
    assert store.get(job.id) == job


def test_ids_sort_by_creation(redis: Redis) -> None:
    media = upload(redis)
    first = Job.new(media=media).id
    time.sleep(0.002)
    assert first < Job.new(media=media).id


def test_another_tenants_job_is_not_found(redis: Redis, store: JobStore) -> None:
    job = enqueue(redis, tenant="acme")
    for call in (
        lambda: store.get(job.id, tenant="evil"),
        lambda: store.request_cancel(job.id, "evil"),
        lambda: store.delete(job.id, "evil"),
        lambda: store.get("job_nothing"),
    ):
        with pytest.raises(JobNotFound):
            call()
    assert store.get(job.id, tenant="acme").status is JobStatus.QUEUED


def test_an_idempotency_key_gives_the_same_job_to_its_tenant_only(
    redis: Redis, store: JobStore
) -> None:
    first, again, other = (
        store.create(Job.new(media=upload(redis, t), tenant=t), idempotency_key="k")
        for t in ("a", "a", "b")
    )
    assert again == first
    assert other.id != first.id
    assert store.counts().queued["interactive"] == 2
    assert store.find_idempotent("a", "k") == first
    assert store.find_idempotent("a", "another") is None


def test_an_idempotency_key_of_a_deleted_job_is_free_again(redis: Redis, store: JobStore) -> None:
    first = store.create(Job.new(media=upload(redis)), idempotency_key="k")
    store.delete(first.id, "local")
    assert store.find_idempotent("local", "k") is None
    again = store.create(Job.new(media=upload(redis)), idempotency_key="k")
    assert again.id != first.id


def test_positions_are_exact_in_the_order_of_creation(
    redis: Redis, store: JobStore, attempts: Attempts
) -> None:
    jobs = [enqueue(redis) for _ in range(20)]  # many of them within one millisecond
    assert [store.queue_position(job) for job in jobs] == list(range(1, 21))
    take(attempts)
    store.request_cancel(jobs[5].id, "local")
    waiting = [job for job in jobs[1:] if job is not jobs[5]]
    assert store.queue_position(jobs[0]) is None
    assert store.queue_position(jobs[5]) is None
    assert [store.queue_position(job) for job in waiting] == list(range(1, 19))
    assert store.counts().queued == {"interactive": 18, "batch": 0}
    assert store.counts().processing == 1
    assert [take(attempts).id for _ in waiting] == [job.id for job in waiting]


def test_places_go_on_after_redis_lost_its_counter(redis: Redis, store: JobStore) -> None:
    first = enqueue(redis)
    redis.delete("df:places")
    time.sleep(0.002)
    assert store.queue_position(enqueue(redis)) == 2
    assert store.queue_position(first) == 1


def test_as_many_bells_are_wanted_as_jobs_wait(redis: Redis, store: JobStore) -> None:
    assert store.bells_wanted(Queue.BATCH) == 0
    enqueue(redis, Queue.BATCH)
    enqueue(redis, Queue.BATCH)
    assert (store.bells_wanted(Queue.BATCH), store.bells_wanted(Queue.INTERACTIVE)) == (2, 0)
    redis.lpush("batch", "bell", "bell", "bell")
    assert store.bells_wanted(Queue.BATCH) == 0


def test_bells_are_bounded_however_many_jobs_wait(redis: Redis, store: JobStore) -> None:
    for _ in range(MAX_BELLS + 1):
        enqueue(redis)
    assert store.bells_wanted(Queue.INTERACTIVE) == MAX_BELLS


def test_a_waiting_job_is_canceled_at_once_and_never_taken(
    redis: Redis, store: JobStore, attempts: Attempts
) -> None:
    job = enqueue(redis)
    assert store.request_cancel(job.id, "local").status is JobStatus.CANCELED
    assert attempts.take("w1") is None
    assert store.queue_position(job) is None
    with pytest.raises(JobFinished):
        store.request_cancel(job.id, "local")


def test_a_running_job_learns_of_its_cancel_by_its_heartbeat(
    redis: Redis, store: JobStore, attempts: Attempts
) -> None:
    enqueue(redis)
    job = take(attempts)
    assert not attempts.renew(job.id, 1).cancel_requested
    assert store.request_cancel(job.id, "local").cancel_requested
    assert attempts.renew(job.id, 1).cancel_requested


@pytest.mark.parametrize("how", ["release", "reap"])
def test_a_job_that_was_to_be_canceled_is_not_run_again(
    redis: Redis, store: JobStore, attempts: Attempts, how: str
) -> None:
    enqueue(redis)
    job = take(attempts)
    store.request_cancel(job.id, "local")
    if how == "release":
        assert not attempts.release(job.id, 1)
    else:
        expire_lease(redis, job.id)
        assert [reaped.action for reaped in attempts.reap()] == ["canceled"]
    assert store.get(job.id).status is JobStatus.CANCELED


def test_a_deleted_job_is_gone_and_its_worker_learns_of_it(
    redis: Redis, store: JobStore, attempts: Attempts
) -> None:
    enqueue(redis)
    job = take(attempts)
    store.delete(job.id, "local")
    assert not attempts.renew(job.id, 1).held
    assert not attempts.finish(job.id, 1, status=JobStatus.SUCCEEDED, result={})
    assert store.counts().processing == 0
    with pytest.raises(JobNotFound):
        store.get(job.id)


def heard(redis: Redis, store: JobStore) -> list[str]:
    events: Any = redis.xrange(store.events_key)
    return [fields[b"job"].decode() for _, fields in events]


def test_every_change_raises_the_revision_and_is_told(
    redis: Redis, store: JobStore, attempts: Attempts
) -> None:
    enqueue(redis)
    job = take(attempts)
    attempts.set_stage(job.id, 1, "infer", total=4)
    attempts.renew(job.id, 1, Progress("infer", 3, 4))
    attempts.finish(job.id, 1, status=JobStatus.FAILED, error={"code": "x"})
    assert heard(redis, store) == [job.id] * 5
    assert store.get(job.id).revision == 5
    store.delete(job.id, "local")
    assert heard(redis, store) == [job.id] * 6


def test_the_stream_of_events_is_capped_and_goes_a_minute_after_the_last(
    redis: Redis, store: JobStore
) -> None:
    job = enqueue(redis)
    with redis.pipeline(transaction=False) as many:
        for _ in range(12_000):
            many.xadd(store.events_key, {"job": "job_x"})
        many.execute()
    store.request_cancel(job.id, "local")
    assert 10_000 <= int(redis.xlen(store.events_key)) < 10_200
    assert 50_000 < int(redis.pttl(store.events_key)) <= 60_000
