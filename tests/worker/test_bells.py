"""A real worker on a real broker whose bells get lost, doubled and piled up."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
from redis import Redis

from core.options import Queue
from core.store.doorbell import TASK_NAME
from core.store.jobs import JobStore
from core.store.records import Job, JobStatus
from tests.core.bundle_factory import write_bundle
from tests.worker.media_factory import still
from tests.worker.processes import started, submit, wait_for_status
from worker.app import create_celery
from worker.settings import WorkerSettings


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(write_bundle(tmp_path_factory.mktemp("bundle") / "brightness").path)


def ring(url: str, queue: Queue, times: int) -> None:
    app = create_celery(WorkerSettings(redis_url=url))
    for _ in range(times):
        app.send_task(TASK_NAME, queue=queue.value)


def finish_order(redis: Redis, jobs: list[Job]) -> list[str]:
    """Wait for all jobs; their ids in the order in which they were begun."""
    store = JobStore(redis)
    for job in jobs:
        wait_for_status(redis, job.id, JobStatus.SUCCEEDED)
    records = [store.get(job.id) for job in jobs]
    assert [record.attempt for record in records] == [1] * len(jobs)
    return [record.id for record in sorted(records, key=lambda record: str(record.started_at))]


def test_jobs_are_done_though_every_bell_was_deleted(
    redis: Redis, redis_url: str, model: str
) -> None:
    jobs = [
        submit(redis, still("JPEG"), queue) for queue in (Queue.BATCH, *[Queue.INTERACTIVE] * 3)
    ]
    ring(redis_url, Queue.INTERACTIVE, 3)
    redis.delete("interactive", "batch", "unacked", "unacked_index")
    with started(redis_url, model=model):
        finish_order(redis, jobs)
        late = submit(redis, still("JPEG"))
        redis.delete("interactive", "batch")
        finish_order(redis, [late])


def test_doubled_bells_run_no_job_twice(redis: Redis, redis_url: str, model: str) -> None:
    jobs = [submit(redis, still("JPEG")) for _ in range(4)]
    for queue in Queue:
        ring(redis_url, queue, 12)
    with started(redis_url, model=model, concurrency="2"):
        finish_order(redis, jobs)
    assert JobStore(redis).counts().processing == 0


def test_interactive_jobs_overtake_all_batch_jobs_and_positions_are_exact(
    redis: Redis, redis_url: str, model: str
) -> None:
    store = JobStore(redis)
    with started(redis_url, model=model) as (_, decoder_pid):
        os.kill(decoder_pid, signal.SIGSTOP)
        first = submit(redis, still("JPEG"), Queue.BATCH)
        wait_for_status(redis, first.id, JobStatus.PROCESSING)
        queues = [Queue.BATCH, Queue.INTERACTIVE] * 3
        jobs = [submit(redis, still("JPEG"), queue) for queue in queues]
        ring(redis_url, Queue.BATCH, 5)
        assert [store.queue_position(job) for job in jobs] == [1, 1, 2, 2, 3, 3]
        os.kill(decoder_pid, signal.SIGCONT)
        order = finish_order(redis, [first, *jobs])
    interactive = [job.id for job in jobs if job.queue is Queue.INTERACTIVE]
    batch = [job.id for job in jobs if job.queue is Queue.BATCH]
    assert order == [first.id, *interactive, *batch]


def test_a_worker_of_one_queue_leaves_the_other(
    redis: Redis, redis_url: str, model: str, tmp_path: Path
) -> None:
    other = submit(redis, still("JPEG"), Queue.INTERACTIVE)
    mine = submit(redis, still("JPEG"), Queue.BATCH)
    with started(redis_url, model=model, queues="batch"):
        finish_order(redis, [mine])
        assert JobStore(redis).queue_position(other) == 1


def test_a_redis_that_takes_no_writes_costs_neither_the_worker_nor_its_job(
    redis: Redis, redis_url: str, model: str
) -> None:
    with started(redis_url, model=model, concurrency="2", lease_s="2") as (worker, decoder_pid):
        os.kill(decoder_pid, signal.SIGSTOP)
        jobs = [submit(redis, still("JPEG"))]
        wait_for_status(redis, jobs[0].id, JobStatus.PROCESSING)
        redis.config_set("min-replicas-to-write", 1)  # NOREPLICAS, as MISCONF when a disk is full
        try:
            time.sleep(5)
        finally:
            redis.config_set("min-replicas-to-write", 0)
        assert worker.poll() is None
        os.kill(decoder_pid, signal.SIGCONT)
        jobs.append(submit(redis, still("JPEG")))
        finish_order(redis, jobs)
        assert JobStore(redis).quarantine.crashes("local", jobs[0].media.sha256) == 0


def test_what_others_put_into_our_lists_costs_neither_the_worker_nor_its_job(
    redis: Redis, redis_url: str, model: str
) -> None:
    with started(redis_url, model=model, concurrency="2") as (worker, decoder_pid):
        os.kill(decoder_pid, signal.SIGSTOP)
        job = submit(redis, still("JPEG"))
        wait_for_status(redis, job.id, JobStatus.PROCESSING)
        redis.rpush("interactive", "no JSON", "null", "[]", "{}", '{"properties": 1}')
        while redis.llen("interactive"):
            assert worker.poll() is None
            time.sleep(0.1)
        os.kill(decoder_pid, signal.SIGCONT)
        finish_order(redis, [job, submit(redis, still("JPEG"))])
