"""The worker as a process: what stops it from starting, and how it stops."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from redis import Redis

from core.store.blobs import RedisBlobStore
from core.store.broker import TASK_NAME
from core.store.jobs import Job, JobStatus, JobStore, MediaRef
from core.store.workers import live_workers
from tests.core.bundle_factory import write_bundle
from tests.worker.media_factory import still
from worker.app import create_celery, publish
from worker.settings import WorkerSettings

ROOT = Path(__file__).parents[2]
LIMIT_S = 120.0


def start(redis_url: str, **settings: str) -> subprocess.Popen[str]:
    own = {f"DEEPFAKE_{name.upper()}": value for name, value in settings.items()}
    return subprocess.Popen(
        [sys.executable, "-m", "worker.main"],
        env={**os.environ, "DEEPFAKE_REDIS_URL": redis_url, "DEEPFAKE_CONCURRENCY": "1", **own},
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(worker: subprocess.Popen[str], words: str) -> str:
    """Read the log up to a line with these words, and return it."""
    assert worker.stderr is not None
    seen = []
    for line in worker.stderr:
        seen.append(line)
        if words in line:
            return line
    raise AssertionError(f"the worker ended without {words!r}: {''.join(seen)}")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(write_bundle(tmp_path_factory.mktemp("bundle") / "brightness").path)


@contextmanager
def started(redis_url: str, **settings: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A worker that is ready, and the process id of its decoder."""
    with start(redis_url, **settings) as process:
        try:
            decoder = re.search(r"decoder (\d+) ready", wait_for(process, " ready, behind"))
            assert decoder is not None
            wait_for(process, "deepfake worker ready in")
            yield process, int(decoder[1])
        finally:
            process.kill()


def submit(redis: Redis, url: str, data: bytes) -> str:
    blobs, store = RedisBlobStore(redis), JobStore(redis)
    blobs.open("blob_1")
    blobs.append("blob_1", data)
    media = MediaRef("blob_1", "ab" * 32, len(data), "video", "mp4")
    job = store.create(Job.new(media=media))
    publish(create_celery(WorkerSettings(redis_url=url)), job.id, job.queue)
    return job.id


def wait_for_status(redis: Redis, job_id: str, *statuses: JobStatus) -> JobStatus:
    """Follow the job's events, so that nothing is polled."""
    store = JobStore(redis)
    with redis.pubsub() as events:  # type: ignore[no-untyped-call]
        events.subscribe(store.events_channel)
        while (status := store.get(job_id).status) not in statuses:
            assert events.get_message(timeout=2.0) or status
    return status


def test_a_missing_model_is_one_line_and_a_code(redis_url: str) -> None:
    worker = start(redis_url, model="no-such-model")
    assert "No model bundle 'no-such-model'" in worker.communicate(timeout=LIMIT_S)[1]
    assert worker.returncode == 1


def test_a_damaged_model_is_one_line_and_a_code(redis_url: str, tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path / "brightness")
    (bundle.path / "fp32.bin").write_bytes(b"damaged")
    worker = start(redis_url, model=str(bundle.path))
    stderr = worker.communicate(timeout=LIMIT_S)[1]
    assert "fp32.bin is damaged" in stderr
    assert "Traceback" not in stderr
    assert worker.returncode == 1


def test_a_redis_that_is_not_there_is_waited_for_and_then_named(model: str) -> None:
    worker = start("redis://127.0.0.1:1/0", model=model, redis_wait_s="0.1")
    stderr = worker.communicate(timeout=LIMIT_S)[1]
    assert stderr.rstrip().splitlines()[-1].startswith("deepfake worker: Redis cannot be reached")
    assert worker.returncode == 1


def test_a_setting_that_makes_no_sense_is_named() -> None:
    worker = start("redis://127.0.0.1:1/0", concurrency="many")
    assert "DEEPFAKE_CONCURRENCY" in worker.communicate(timeout=LIMIT_S)[1]
    assert worker.returncode == 1


def test_a_job_is_judged_from_message_to_verdict_and_the_idle_worker_stops_cleanly(
    redis: Redis, redis_url: str, model: str
) -> None:
    with started(redis_url, model=model) as (worker, _):
        job_id = submit(redis, redis_url, still("JPEG"))
        wait_for_status(redis, job_id, JobStatus.SUCCEEDED)
        assert [beat.pid for beat in live_workers(redis)] == [worker.pid]
        worker.send_signal(signal.SIGTERM)
        worker.communicate(timeout=LIMIT_S)
    assert worker.returncode == 0
    assert live_workers(redis) == []


@pytest.mark.parametrize("grace", ["runs out", "is cut short by a second signal"])
def test_a_job_that_outlasts_the_grace_goes_back_to_the_queue(
    redis: Redis, redis_url: str, model: str, grace: str
) -> None:
    grace_s = "0.2" if grace == "runs out" else "3600"
    with started(redis_url, model=model, grace_s=grace_s) as (worker, decoder_pid):
        os.kill(decoder_pid, signal.SIGSTOP)  # the job will hang in it
        job_id = submit(redis, redis_url, still("JPEG"))
        wait_for_status(redis, job_id, JobStatus.PROCESSING)
        worker.send_signal(signal.SIGTERM)
        if grace != "runs out":
            wait_for(worker, "stopping")
            worker.send_signal(signal.SIGINT)
        worker.communicate(timeout=LIMIT_S)
    assert worker.returncode == 0
    assert JobStore(redis).get(job_id).status is JobStatus.QUEUED
    messages = redis.lrange("interactive", 0, -1)
    assert isinstance(messages, list)
    assert any(job_id.encode() in m and TASK_NAME.encode() in m for m in messages)
    assert b"".join(RedisBlobStore(redis).read("blob_1")) == still("JPEG")
