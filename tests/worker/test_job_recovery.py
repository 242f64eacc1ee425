"""What a runner does when the job, the process or Redis goes away under it."""

from __future__ import annotations

import pytest
from redis import Redis
from redis.exceptions import ResponseError

from core.errors import StoreUnavailable
from core.store.records import JobStatus
from tests.core.store.lost_worker import begin, expire_lease, take
from tests.worker.runner_bench import UPLOAD, Bench, fail


class Unwritable:
    """A result that is no JSON."""

    def to_json(self) -> dict[str, object]:
        return {"fake_probability": float("nan")}


def test_an_attempt_that_was_overtaken_writes_nothing(bench: Bench, redis: Redis) -> None:
    job_id = bench.submit()

    def lose() -> None:
        expire_lease(redis, job_id)
        bench.attempts.reap()
        assert take(bench.attempts, "worker-2").id == job_id

    bench.scorer.act = lose
    bench.serve()
    job = bench.store.get(job_id)
    assert (job.status, job.attempt, job.result) == (JobStatus.PROCESSING, 2, None)
    assert not bench.bytes_are_gone()


def test_a_job_that_was_given_back_writes_nothing(bench: Bench) -> None:
    job_id = bench.submit()
    bench.scorer.act = bench.leases.release_all
    bench.serve()
    assert bench.store.get(job_id).status is JobStatus.QUEUED
    assert not bench.bytes_are_gone()


def test_a_job_deleted_meanwhile_stays_deleted(bench: Bench, redis: Redis) -> None:
    job_id = bench.submit()
    bench.scorer.act = lambda: bench.store.delete(job_id, "local")
    bench.serve()
    assert not redis.exists(f"df:job:{job_id}")


def test_a_file_that_brought_down_workers_is_not_opened_again(bench: Bench, redis: Redis) -> None:
    job_id = bench.submit()
    for _ in range(2):
        begin(bench.attempts)
        expire_lease(redis, job_id)
        bench.attempts.reap()
    assert bench.code() == "file_quarantined"
    assert bench.decoders.uploads == []


def test_redis_away_while_fetching_delays_the_job_and_nothing_else(bench: Bench) -> None:
    bench.decoders.acts = [fail(StoreUnavailable("Redis is away."))]
    job = bench.run()
    assert (job.status, job.attempt) == (JobStatus.SUCCEEDED, 1)
    assert bench.decoders.uploads == [UPLOAD, UPLOAD]


def test_a_job_that_is_given_back_does_not_wait_for_redis(bench: Bench) -> None:
    job_id = bench.submit()

    def drain_then_lose_redis(*_: object) -> None:
        bench.leases.release_all()
        raise StoreUnavailable("Redis is away.")

    bench.decoders.acts = [drain_then_lose_redis]
    bench.serve()
    assert bench.store.get(job_id).status is JobStatus.QUEUED
    assert len(bench.decoders.uploads) == 1


def test_a_result_in_hand_waits_for_redis_to_come_back(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish, failures = bench.attempts.finish, [StoreUnavailable("away"), StoreUnavailable("away")]

    def flaky(*args: object, **kwargs: object) -> bool:
        if failures:
            raise failures.pop()
        return finish(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(bench.attempts, "finish", flaky)
    assert bench.run().status is JobStatus.SUCCEEDED
    assert len(bench.decoders.uploads) == 1


def test_a_result_that_cannot_be_written_fails_the_job_and_is_no_crash(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("worker.job_runner.judge", lambda *_: Unwritable())
    job = bench.run()
    assert job.status is JobStatus.FAILED
    assert job.error is not None
    assert job.error["code"] == "internal_error"
    assert job.error["message"].rstrip(".").split()[-1] in caplog.text
    assert bench.store.quarantine.crashes("local", job.media.sha256) == 0
    assert bench.bytes_are_gone()


def test_an_end_that_can_never_be_written_gives_the_attempt_up_and_it_counts(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench.attempts, "finish", fail(ResponseError("a bug of ours")))
    job_id = bench.submit()
    bench.serve()
    assert bench.store.get(job_id).status is JobStatus.QUEUED
    bench.serve()
    job = bench.store.get(job_id)
    assert job.status is JobStatus.FAILED
    assert job.error is not None
    assert job.error["code"] == "internal_error"
    assert bench.store.quarantine.crashes("local", job.media.sha256) == 0


def test_a_process_that_is_going_down_gives_its_job_back(bench: Bench) -> None:
    job_id = bench.submit()
    bench.scorer.act = fail(SystemExit(1))
    with pytest.raises(SystemExit):
        bench.serve()
    assert bench.store.get(job_id).status is JobStatus.QUEUED
