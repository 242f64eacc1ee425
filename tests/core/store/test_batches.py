"""Batches count their files exactly, whatever becomes of them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from typing import Any, Self

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis import Redis

from core.errors import (
    BatchFinished,
    BatchNotFound,
    EmptyMedia,
    JobFinished,
    JobNotFound,
    StoreUnavailable,
    TooManyBatches,
)
from core.store.attempts import Attempts
from core.store.batches import Batch, BatchStatus, BatchStore
from core.store.jobs import JobStore
from core.store.records import BatchPlace, Job, JobStatus
from tests.core.store.lost_worker import begin, expire_lease, take
from tests.core.store.passing import pass_time
from tests.core.store.uploads import upload

BATCH = "batch_1"


@pytest.fixture
def batches(redis: Redis) -> BatchStore:
    batches = BatchStore(redis)
    batches.open(BATCH, "local")
    return batches


@pytest.fixture
def attempts(redis: Redis) -> Attempts:
    return Attempts(redis)


def join(redis: Redis, number: int = 0, *, batch: str = BATCH, ttl_s: float = 3600.0) -> Job:
    """A job that waits as a file of the batch."""
    place = BatchPlace(batch, number, f"file {number}")
    return JobStore(redis, ttl_s=ttl_s).create(replace(Job.new(media=upload(redis)), batch=place))


def judge(attempts: Attempts, verdict: str | None = "fake") -> None:
    """End the next job: with a verdict, or as failed."""
    job = take(attempts)
    result: Any = {"verdict": verdict, "frames": []}
    if verdict is None:
        attempts.finish(job.id, job.attempt, status=JobStatus.FAILED, error={"code": "x"})
    else:
        attempts.finish(job.id, job.attempt, status=JobStatus.SUCCEEDED, result=result)


def counted(batch: Batch) -> dict[str, int]:
    """What is not 0."""
    return {name: count for name, count in batch.counts.items() if count}


def test_a_batch_is_abandoned_when_nobody_says_that_its_files_still_come(
    redis: Redis, batches: BatchStore
) -> None:
    assert not batches.get(BATCH, "local").abandoned
    redis.hset(f"df:batch:{BATCH}", "sending_until", 1)
    assert batches.get(BATCH, "local").abandoned
    assert batches.sending(BATCH)
    assert not batches.get(BATCH, "local").abandoned
    batches.complete(BATCH)
    redis.hset(f"df:batch:{BATCH}", "sending_until", 1)
    assert not batches.get(BATCH, "local").abandoned
    assert not batches.sending(BATCH)


def test_a_key_gives_a_batch_that_is_under_way_and_replaces_one_that_was_abandoned(
    redis: Redis, batches: BatchStore
) -> None:
    batches.open("batch_2", "local", idempotency_key="a key")
    job = join(redis, batch="batch_2")
    assert batches.open("batch_3", "local", idempotency_key="a key") == "batch_2"
    redis.hdel("df:batch:batch_2", "sending_until")  # as older versions wrote it
    assert batches.open("batch_3", "local", idempotency_key="a key") == "batch_2"
    redis.hset("df:batch:batch_2", "sending_until", 1)
    assert batches.open("batch_3", "local", idempotency_key="a key") == "batch_3"
    assert redis.exists(f"df:job:{job.id}", "df:batch:batch_2") == 0
    assert batches.open("batch_4", "local", idempotency_key="a key") == "batch_3"


def test_a_batch_counts_its_jobs_as_they_move(
    redis: Redis, batches: BatchStore, attempts: Attempts
) -> None:
    for number in range(3):
        join(redis, number)
    batches.refuse(BatchPlace(BATCH, 3, "empty.jpg"), EmptyMedia())
    assert counted(batches.complete(BATCH)) == {"queued": 3, "failed": 1}
    job = take(attempts)
    assert counted(batches.get(BATCH, "local")) == {"queued": 2, "processing": 1, "failed": 1}
    attempts.release(job.id, job.attempt)
    assert counted(batches.get(BATCH, "local")) == {"queued": 3, "failed": 1}
    judge(attempts, "fake")
    judge(attempts, "real")
    judge(attempts, None)
    batch = batches.get(BATCH, "local")
    assert counted(batch) == {"succeeded": 2, "failed": 2}
    assert batch.verdicts == {"fake": 1, "real": 1, "inconclusive": 0}
    assert (batch.status, batch.finished_at is None) == (BatchStatus.PARTIALLY_FAILED, False)


@pytest.mark.parametrize(
    ("verdicts", "status"),
    [
        (["fake", "real"], BatchStatus.SUCCEEDED),
        (["fake", None], BatchStatus.PARTIALLY_FAILED),
        ([None, None], BatchStatus.FAILED),
    ],
)
def test_a_batch_ends_with_its_last_job_as_its_jobs_did(
    redis: Redis,
    batches: BatchStore,
    attempts: Attempts,
    verdicts: list[str | None],
    status: BatchStatus,
) -> None:
    for number in range(2):
        join(redis, number)
    batches.complete(BATCH)
    judge(attempts, verdicts[0])
    assert batches.get(BATCH, "local").status is BatchStatus.RUNNING
    judge(attempts, verdicts[1])
    assert batches.get(BATCH, "local").status is status


def test_a_batch_whose_jobs_ended_early_runs_until_its_last_file_has_come(
    redis: Redis, batches: BatchStore, attempts: Attempts
) -> None:
    join(redis)
    judge(attempts)
    assert batches.get(BATCH, "local").status is BatchStatus.RUNNING
    assert batches.complete(BATCH).status is BatchStatus.SUCCEEDED


@pytest.mark.parametrize("max_attempts", [1, 2])
def test_a_lost_worker_is_counted(
    redis: Redis, batches: BatchStore, attempts: Attempts, max_attempts: int
) -> None:
    job = join(redis)
    batches.complete(BATCH)
    begin(attempts)
    expire_lease(redis, job.id)
    Attempts(redis, max_attempts=max_attempts).reap()
    expected = {"failed": 1} if max_attempts == 1 else {"queued": 1}
    assert counted(batches.get(BATCH, "local")) == expected


def test_deleted_jobs_leave_a_batch_consistent(
    redis: Redis, batches: BatchStore, attempts: Attempts
) -> None:
    jobs = [join(redis, number) for number in range(3)]
    batches.complete(BATCH)
    judge(attempts)
    JobStore(redis).delete(jobs[0].id, "local")  # it was fake
    JobStore(redis).delete(jobs[1].id, "local")  # it waited
    batch = batches.get(BATCH, "local")
    assert counted(batch) == {"queued": 1, "deleted": 2}
    assert (batch.verdicts["fake"], batch.status) == (0, BatchStatus.RUNNING)
    judge(attempts, "real")
    assert batches.get(BATCH, "local").status is BatchStatus.SUCCEEDED
    JobStore(redis).delete(jobs[2].id, "local")
    assert batches.get(BATCH, "local").status is BatchStatus.SUCCEEDED  # what it became stays


def test_a_job_that_nobody_took_in_time_ends_its_batch(redis: Redis, batches: BatchStore) -> None:
    join(redis, ttl_s=0.05)
    batches.complete(BATCH)
    time.sleep(0.1)
    JobStore(redis).counts()  # a look sweeps
    batch = batches.get(BATCH, "local")
    assert (counted(batch), batch.status) == ({"expired": 1}, BatchStatus.FAILED)


def test_a_canceled_batch_stops_its_jobs_and_takes_no_more(
    redis: Redis, batches: BatchStore, attempts: Attempts
) -> None:
    for number in range(3):
        join(redis, number)
    judge(attempts)
    running = take(attempts)
    batch = batches.cancel(BATCH, "local")
    assert counted(batch) == {"succeeded": 1, "processing": 1, "canceled": 1}
    assert attempts.renew(running.id, running.attempt).cancel_requested
    with pytest.raises(BatchFinished):
        join(redis, 3)
    batches.complete(BATCH)
    attempts.finish(running.id, running.attempt, status=JobStatus.CANCELED)
    assert batches.get(BATCH, "local").status is BatchStatus.CANCELED
    with pytest.raises(BatchFinished):
        batches.cancel(BATCH, "local")


def test_large_batches_are_canceled_and_deleted_piece_by_piece(
    redis: Redis, batches: BatchStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.store.batches.JOBS_AT_ONCE", 3)
    for number in range(8):
        join(redis, number)
    batches.complete(BATCH)
    assert counted(batches.cancel(BATCH, "local")) == {"canceled": 8}
    batches.delete(BATCH, "local")
    left = [
        *redis.scan_iter("df:job:*"),
        *redis.scan_iter("df:jobs:*"),
        *redis.scan_iter("df:batch*"),
    ]
    assert left == []


def test_a_batch_that_its_gateway_left_ends_with_the_files_that_came(
    redis: Redis, batches: BatchStore, attempts: Attempts
) -> None:
    join(redis, 0)
    judge(attempts)
    for open_s, status in ((60.0, "running"), (-1.0, "succeeded")):
        batch = BatchStore(redis, open_s=open_s).get(BATCH, "local")
        assert (batch.status.value, batch.complete) == (status, status == "succeeded")
    with pytest.raises(BatchFinished):
        join(redis, 1)


@pytest.mark.parametrize("hours", [1, -1])
def test_the_clock_of_a_gateway_neither_ends_a_batch_nor_keeps_it(
    redis: Redis, batches: BatchStore, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    class Wrong(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return super().now(tz) + timedelta(hours=hours)

    monkeypatch.setattr("core.store.batches.datetime", Wrong)
    batch = BatchStore(redis, open_s=60).get(BATCH, "local")
    assert (batch.complete, batch.abandoned) == (False, False)
    redis.hset(f"df:batch:{BATCH}", "sending_until", round(time.time() * 1000) - 60_000)
    assert batches.get(BATCH, "local").abandoned


def test_a_batch_that_is_deleted_while_it_runs_takes_everything_along(
    redis: Redis, batches: BatchStore, attempts: Attempts
) -> None:
    jobs = [join(redis, number) for number in range(2)]
    running = take(attempts)
    batches.delete(BATCH, "local")
    assert not attempts.renew(running.id, running.attempt).held
    assert [redis.exists(f"df:job:{job.id}") for job in jobs] == [0, 0]
    with pytest.raises(BatchFinished):
        join(redis, 2)


def test_another_tenants_batch_is_not_found(redis: Redis, batches: BatchStore) -> None:
    calls: list[Callable[[str, str], object]] = [batches.get, batches.cancel, batches.delete]
    for call in calls:
        with pytest.raises(BatchNotFound):
            call(BATCH, "evil")
    assert batches.page("evil").batches == []


def test_items_come_in_the_order_of_their_numbers(redis: Redis, batches: BatchStore) -> None:
    second = join(redis, 1)
    batches.refuse(BatchPlace(BATCH, 0, "ü/../x"), EmptyMedia())
    found = batches.items(BATCH, range(5))
    assert [(item.number, item.name, item.job_id) for item in found] == [
        (0, "ü/../x", None), (1, "file 1", second.id),
    ]  # fmt: skip
    assert found[0].error is not None
    assert found[0].error["code"] == "empty_media"


def test_batches_are_listed_and_limited(redis: Redis) -> None:
    batches = BatchStore(redis, most=3)
    for number in range(3):
        batches.open(f"batch_{number}", "local", ["a"])
    with pytest.raises(TooManyBatches):
        batches.open("batch_3", "local")
    first = batches.page("local", limit=2)
    assert [batch.id for batch in first.batches] == ["batch_2", "batch_1"]
    assert first.batches[0].tags == ("a",)
    redis.delete("df:batch:batch_0")
    second = batches.page("local", after=first.next)
    assert (second.batches, second.next) == ([], None)
    batches.open("batch_3", "local")  # the one that expired made room


def test_a_key_gives_the_batch_that_its_tenant_began(redis: Redis) -> None:
    batches = BatchStore(redis)
    first, again, other = (
        batches.open(name, tenant, idempotency_key="k")
        for name, tenant in (("batch_1", "a"), ("batch_2", "a"), ("batch_3", "b"))
    )
    assert (first, again, other) == ("batch_1", "batch_1", "batch_3")
    found = batches.find_idempotent("a", "k")
    assert found is not None
    assert found.id == "batch_1"
    assert batches.find_idempotent("c", "k") is None
    batches.delete("batch_1", "a")
    assert batches.find_idempotent("a", "k") is None


def test_a_batch_lives_as_long_as_its_jobs(redis: Redis) -> None:
    batches, store = BatchStore(redis, ttl_s=30), JobStore(redis, ttl_s=30)
    batches.open(BATCH, "local")
    pass_time(redis, 20)
    store.create(replace(Job.new(media=upload(redis)), batch=BatchPlace(BATCH, 0, "a")))
    pass_time(redis, 20)
    assert counted(batches.get(BATCH, "local")) == {"queued": 1}
    pass_time(redis, 20)
    with pytest.raises(BatchNotFound):
        batches.get(BATCH, "local")
    assert list(redis.scan_iter("df:batch*")) == []


def test_batches_that_are_gone_take_no_place_though_older_ones_live_on(redis: Redis) -> None:
    batches = BatchStore(redis, most=13)
    for number in range(13):
        batches.open(f"batch_{number}", "local")
    redis.delete("df:batch:batch_11", "df:batch:batch_12")  # they have expired
    batches.open("batch_13", "local")
    batches.open("batch_14", "local")
    with pytest.raises(TooManyBatches, match="13 batches"):
        batches.open("batch_15", "local")


def test_the_end_of_a_batch_is_told_once(redis: Redis, attempts: Attempts) -> None:
    batches = BatchStore(redis)
    batches.open(BATCH, "local", ["a"], "https://example.com/hook")
    first, _ = join(redis, 0), join(redis, 1)
    batches.complete(BATCH)
    judge(attempts, "fake")
    assert list(redis.scan_iter("df:webhook-message:*")) == []
    judge(attempts, None)
    JobStore(redis).delete(first.id, "local")
    (key,) = redis.scan_iter("df:webhook-message:*")
    told: Any = redis.hgetall(key)
    assert (told[b"type"], told[b"tenant"]) == (b"batch.finished", b"local")
    data = json.loads(told[b"data"])
    assert (data["id"], data["status"], data["tags"]) == (BATCH, "partially_failed", ["a"])
    assert (data["counts"]["total"], data["verdicts"]["fake"]) == (2, 1)


def test_the_end_of_a_batch_that_is_deleted_is_not_told(redis: Redis) -> None:
    batches = BatchStore(redis)
    batches.open(BATCH, "local", callback_url="https://example.com/hook")
    join(redis)
    batches.delete(BATCH, "local")
    assert list(redis.scan_iter("df:webhook-message:*")) == []


def test_a_lost_answer_to_a_refusal_is_no_batch(redis: Redis) -> None:
    with pytest.raises(BatchNotFound):
        BatchStore(redis).refuse(BatchPlace("batch_x", 0, "a"), EmptyMedia())
    with pytest.raises(BatchNotFound):
        BatchStore(redis).complete("batch_x")
    assert list(redis.scan_iter("df:*")) == []


@pytest.mark.parametrize("step", ["queued", "processing", "deleted"])
def test_a_file_whose_job_was_made_unheard_is_not_counted_as_refused_too(
    redis: Redis, batches: BatchStore, attempts: Attempts, step: str
) -> None:
    job = join(redis)
    if step == "processing":
        take(attempts)
    elif step == "deleted":
        JobStore(redis).delete(job.id, "local")
    batches.refuse(BatchPlace(BATCH, 0, "file 0"), StoreUnavailable("Redis hung."))
    assert counted(batches.get(BATCH, "local")) == {step: 1}
    assert [item.job_id for item in batches.items(BATCH, range(2))] == [job.id]


def test_a_refused_file_gets_no_job_when_redis_wakes_up(redis: Redis, batches: BatchStore) -> None:
    for _ in range(2):  # its first answer was lost
        batches.refuse(BatchPlace(BATCH, 0, "file 0"), StoreUnavailable("Redis hung."))
    with pytest.raises(BatchFinished):
        join(redis)
    assert counted(batches.get(BATCH, "local")) == {"failed": 1}
    assert list(redis.scan_iter("df:job:*")) == []


def interfere(store: JobStore, step: str, job_id: str) -> None:
    """What a client does to a job, if it is there and can still be canceled."""
    with suppress(JobFinished, JobNotFound):
        (store.delete if step == "delete" else store.request_cancel)(job_id, "local")


def stop(attempts: Attempts, step: str, job: Job) -> None:
    """What a worker does at the end of an attempt."""
    if step == "release":
        attempts.release(job.id, job.attempt)
    elif step != "take":
        status = JobStatus.SUCCEEDED if step == "end" else JobStatus.FAILED
        attempts.finish(job.id, job.attempt, status=status, result={"verdict": "real"})


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.sampled_from(["join", "take", "end", "fail", "release", "cancel", "delete"]), max_size=20
    )
)
def test_the_counts_are_those_of_the_records(redis: Redis, steps: list[str]) -> None:
    redis.flushall()
    batches, store, attempts = BatchStore(redis), JobStore(redis), Attempts(redis)
    batches.open(BATCH, "local")
    ids: list[str] = []
    running: list[Job] = []
    for number, step in enumerate(steps):
        if step == "join":
            ids.append(join(redis, number).id)
        elif step == "take":
            running += filter(None, [attempts.take("w1")])
        elif step in ("cancel", "delete") and ids:
            interfere(store, step, ids[number % len(ids)])
        elif running:
            stop(attempts, step, running.pop())
    found: list[Any] = [redis.hget(f"df:job:{job_id}", "status") for job_id in ids]
    states = [status.decode() if status else "deleted" for status in found]
    batch = batches.complete(BATCH)
    assert counted(batch) == {state: states.count(state) for state in set(states)}
    assert batch.verdicts["real"] == states.count("succeeded")
    waits = {"queued", "processing"} & set(states)
    assert (batch.status is BatchStatus.RUNNING) == bool(waits)
