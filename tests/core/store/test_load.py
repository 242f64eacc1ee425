from __future__ import annotations

import pytest
from redis import Redis

from core.options import Queue
from core.store.attempts import Attempts
from core.store.jobs import JobStore
from core.store.load import LoadStore
from core.store.records import JobStatus
from core.store.workers import Heartbeat, ModelIdentity, WorkerRegistry
from tests.core.store.lost_worker import take
from tests.core.store.uploads import enqueue

MODEL = ModelIdentity("lite0", "1", "ab", "openvino-int8")


@pytest.fixture
def attempts(redis: Redis) -> Attempts:
    return Attempts(redis)


def started_ago(redis: Redis, job_id: str, seconds: float) -> None:
    now_s, _ = redis.time()
    redis.hset(f"df:job:{job_id}", "started_at", round((int(now_s) - seconds) * 1000))


def served(redis: Redis, attempts: Attempts, seconds: float, status: JobStatus) -> None:
    enqueue(redis)
    job = take(attempts)
    started_ago(redis, job.id, seconds)
    assert attempts.finish(job.id, job.attempt, status=status)


def test_an_idle_service_has_no_load(redis: Redis) -> None:
    load = LoadStore(redis).read()
    assert (load.waiting, load.oldest_wait_s) == ({"interactive": 0, "batch": 0}, {})
    assert (load.running, load.service_s, load.workers) == ([], {}, [])
    assert (load.slots, load.free_slots, load.work_s(Queue.BATCH)) == (0, 0, 0.0)


def test_what_waits_and_runs_is_counted_with_the_slots(redis: Redis, attempts: Attempts) -> None:
    workers = WorkerRegistry(redis)
    batch = ("batch",)
    workers.beat(Heartbeat("w1", "host", 1, MODEL, 4, "2026-01-01T00:00:00Z"))
    workers.beat(Heartbeat("w2", "host", 1, MODEL, 2, "2026-01-01T00:00:00Z", queues=batch))
    for queue in (Queue.INTERACTIVE, Queue.INTERACTIVE, Queue.BATCH):
        enqueue(redis, queue)
    started_ago(redis, take(attempts, "w1").id, 3)
    load = LoadStore(redis).read()
    assert (load.waiting, load.slots, load.free_slots) == ({"interactive": 1, "batch": 1}, 6, 5)
    (job,) = load.running
    assert (job.worker_id, job.queue, job.kind) == ("w1", "interactive", "video")
    assert 2 < job.elapsed_s < 5
    assert [worker.queues for worker in load.workers] == [tuple(Queue), batch]
    assert load.work_s(Queue.BATCH) is None


def test_the_oldest_wait_is_found_though_another_tenant_is_next(
    redis: Redis, attempts: Attempts
) -> None:
    _, old = enqueue(redis, tenant="a"), enqueue(redis, tenant="a")
    take(attempts)
    enqueue(redis, tenant="b")
    redis.hincrby(f"df:job:{old.id}", "created_at", -60_000)
    assert JobStore(redis).queue_position(old) == 2
    assert LoadStore(redis).read().oldest_wait_s[Queue.INTERACTIVE] >= 60


def test_service_times_are_means_that_follow_the_last_jobs(
    redis: Redis, attempts: Attempts
) -> None:
    for seconds in (4, 8):
        served(redis, attempts, seconds, JobStatus.SUCCEEDED)
    times = LoadStore(redis).read().service_s
    assert set(times) == {"interactive", "interactive:video"}
    assert times["interactive"] == pytest.approx(6, abs=1.1)
    for _ in range(40):
        served(redis, attempts, 20, JobStatus.FAILED)
    assert LoadStore(redis).read().service_s["interactive:video"] == pytest.approx(20, abs=1.5)


def test_a_canceled_job_is_not_measured(redis: Redis, attempts: Attempts) -> None:
    served(redis, attempts, 9, JobStatus.CANCELED)
    assert LoadStore(redis).read().service_s == {}


def test_the_time_in_the_queue_is_no_service_time(redis: Redis, attempts: Attempts) -> None:
    job = enqueue(redis)
    redis.hincrby(f"df:job:{job.id}", "created_at", -600_000)
    attempts.finish(take(attempts).id, 1, status=JobStatus.SUCCEEDED, result={})
    assert LoadStore(redis).read().service_s["interactive"] < 30
