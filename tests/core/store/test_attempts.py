"""A job at work: taken in order, fenced by its attempt, ended once."""

from __future__ import annotations

import pytest
from redis import Redis

from core.options import Queue
from core.store.attempts import Attempts
from core.store.jobs import JobStore
from core.store.records import JobStatus, Progress
from tests.core.store.lost_worker import begin, expire_lease, take
from tests.core.store.uploads import enqueue


@pytest.fixture
def store(redis: Redis) -> JobStore:
    return JobStore(redis)


@pytest.fixture
def attempts(redis: Redis) -> Attempts:
    return Attempts(redis)


def test_a_job_is_taken_once(redis: Redis, attempts: Attempts) -> None:
    enqueue(redis)
    job = take(attempts)
    assert (job.status, job.attempt) == (JobStatus.PROCESSING, 1)
    assert job.started_at is not None
    assert attempts.take("w2") is None


def test_interactive_jobs_go_strictly_before_batch_jobs(redis: Redis, attempts: Attempts) -> None:
    queues = [Queue.BATCH, Queue.INTERACTIVE, Queue.BATCH, Queue.INTERACTIVE]
    jobs = [enqueue(redis, queue) for queue in queues]
    expected = [jobs[1].id, jobs[3].id, jobs[0].id, jobs[2].id]
    served = (Queue.BATCH, Queue.INTERACTIVE)  # in whatever order they are named
    taken = [attempts.take("w", served) for _ in jobs]
    assert [job.id for job in taken if job is not None] == expected


def test_a_worker_takes_jobs_of_its_queues_only(redis: Redis, attempts: Attempts) -> None:
    enqueue(redis, Queue.INTERACTIVE)
    batch = enqueue(redis, Queue.BATCH)
    job = attempts.take("w", [Queue.BATCH])
    assert job is not None
    assert job.id == batch.id
    assert attempts.take("w", [Queue.BATCH]) is None


def test_a_place_whose_record_is_gone_is_passed_over(
    redis: Redis, store: JobStore, attempts: Attempts
) -> None:
    gone, there = enqueue(redis), enqueue(redis)
    redis.delete(f"df:job:{gone.id}")
    assert take(attempts).id == there.id
    assert store.counts().queued["interactive"] == 0


def test_a_job_that_finished_carries_its_result_and_an_end(
    redis: Redis, store: JobStore, attempts: Attempts
) -> None:
    enqueue(redis)
    job = begin(attempts)
    assert store.get(job.id).stage == "decode"
    assert attempts.finish(job.id, 1, status=JobStatus.SUCCEEDED, result={"verdict": "real"})
    done = store.get(job.id)
    assert (done.status, done.result, done.stage) == ("succeeded", {"verdict": "real"}, None)
    assert done.finished_at is not None
    assert done.expires_at is not None
    assert (done.expires_at - done.finished_at).total_seconds() == pytest.approx(24 * 3600)


def test_a_stale_attempt_can_write_nothing(
    redis: Redis, store: JobStore, attempts: Attempts
) -> None:
    job = enqueue(redis)
    expire_lease(redis, begin(attempts).id)
    assert [reaped.action for reaped in attempts.reap()] == ["requeued"]
    second = take(attempts, "w2")
    assert second.attempt == 2
    assert not attempts.renew(job.id, 1).held
    assert not attempts.set_stage(job.id, 1, "late")
    assert not attempts.finish(job.id, 1, status=JobStatus.SUCCEEDED, result={"late": True})
    assert not attempts.release(job.id, 1)
    assert not attempts.give_up(job.id, 1, {"code": "late"})
    assert store.get(job.id) == second


def test_a_job_cannot_finish_without_a_terminal_state(redis: Redis, attempts: Attempts) -> None:
    enqueue(redis)
    with pytest.raises(ValueError, match="no terminal state"):
        attempts.finish(take(attempts).id, 1, status=JobStatus.QUEUED)


def test_a_renewed_lease_is_not_reaped(redis: Redis, attempts: Attempts) -> None:
    enqueue(redis)
    job = take(attempts)
    expire_lease(redis, job.id)
    assert attempts.renew(job.id, 1).held
    assert attempts.reap() == []


def test_a_released_attempt_does_not_count_but_still_fences(redis: Redis, store: JobStore) -> None:
    attempts = Attempts(redis, max_attempts=1)
    job = enqueue(redis)
    for attempt in (1, 2, 3):
        begin(attempts)
        assert attempts.release(job.id, attempt)
        assert not attempts.finish(job.id, attempt, status=JobStatus.SUCCEEDED, result={})
    assert store.queue_position(store.get(job.id)) == 1
    assert take(attempts).attempt == 4


def test_an_attempt_that_is_given_up_counts(redis: Redis, store: JobStore) -> None:
    attempts = Attempts(redis, max_attempts=2)
    job = enqueue(redis)
    begin(attempts)
    assert attempts.give_up(job.id, 1, {"code": "internal_error"})
    assert store.get(job.id).status is JobStatus.QUEUED
    begin(attempts)
    assert attempts.give_up(job.id, 2, {"code": "internal_error"})
    failed = store.get(job.id)
    assert (failed.status, failed.error) == (JobStatus.FAILED, {"code": "internal_error"})
    assert store.quarantine.crashes("local", job.media.sha256) == 0


def test_a_cancel_that_the_worker_did_not_hear_of_in_time_still_counts(
    redis: Redis, store: JobStore, attempts: Attempts
) -> None:
    job = enqueue(redis)
    begin(attempts)
    assert store.request_cancel(job.id, "local").cancel_requested
    assert attempts.finish(job.id, 1, status=JobStatus.SUCCEEDED, result={"verdict": "fake"})
    ended = store.get(job.id)
    assert (ended.status, ended.result) == (JobStatus.CANCELED, None)


def test_a_job_can_run_and_end_and_be_canceled_when_redis_memory_is_full(
    redis: Redis, store: JobStore, attempts: Attempts
) -> None:
    jobs = [enqueue(redis) for _ in range(5)]
    begin(attempts)
    redis.config_set("maxmemory", 1)
    try:
        assert attempts.renew(jobs[0].id, 1).held
        assert attempts.set_stage(jobs[0].id, 1, "infer")
        assert attempts.reap() == []
        assert attempts.finish(jobs[0].id, 1, status=JobStatus.SUCCEEDED, result={"verdict": "x"})
        begin(attempts)
        assert store.request_cancel(jobs[1].id, "local").cancel_requested
        assert attempts.renew(jobs[1].id, 1).cancel_requested
        assert not attempts.release(jobs[1].id, 1)
        begin(attempts)
        assert attempts.release(jobs[2].id, 1)
        begin(attempts)
        redis.config_set("maxmemory", 0)
        expire_lease(redis, jobs[2].id)
        redis.config_set("maxmemory", 1)
        assert [reaped.action for reaped in attempts.reap()] == ["requeued"]
        store.delete(jobs[3].id, "local")
        assert store.request_cancel(jobs[4].id, "local").status is JobStatus.CANCELED
    finally:
        redis.config_set("maxmemory", 0)
    statuses = [store.get(job.id).status for job in (*jobs[:3], jobs[4])]
    assert statuses == ["succeeded", "canceled", "queued", "canceled"]


def test_progress_is_told_with_the_lease_and_ends_with_its_stage(
    redis: Redis, store: JobStore, attempts: Attempts
) -> None:
    enqueue(redis)
    job = take(attempts)
    attempts.set_stage(job.id, 1, "decode", total=10)
    assert store.get(job.id).progress == Progress("decode", 0, 10)
    attempts.renew(job.id, 1, Progress("decode", 4, 10))
    assert store.get(job.id).progress == Progress("decode", 4, 10)
    attempts.set_stage(job.id, 1, "infer", total=3)
    attempts.renew(job.id, 1, Progress("decode", 10, 10))  # of the thread that was late
    assert store.get(job.id).progress == Progress("infer", 0, 3)
    attempts.finish(job.id, 1, status=JobStatus.CANCELED)
    assert store.get(job.id).progress is None


def test_progress_that_stands_still_is_no_change(
    redis: Redis, store: JobStore, attempts: Attempts
) -> None:
    enqueue(redis)
    job = begin(attempts)
    for done in (1, 1, 1, 2):
        attempts.renew(job.id, 1, Progress("decode", done, 10))
    assert store.get(job.id).revision == 5


def test_a_stale_attempt_tells_no_progress_and_a_job_that_waits_again_has_none(
    redis: Redis, store: JobStore, attempts: Attempts
) -> None:
    enqueue(redis)
    job = take(attempts)
    attempts.set_stage(job.id, 1, "decode", total=10)
    attempts.release(job.id, 1)
    assert store.get(job.id).progress is None
    take(attempts)
    attempts.set_stage(job.id, 2, "decode", total=10)
    attempts.renew(job.id, 1, Progress("decode", 9, 10))
    assert store.get(job.id).progress == Progress("decode", 0, 10)
