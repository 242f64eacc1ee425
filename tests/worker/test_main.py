"""The worker as a process: what stops it from starting, and how it stops."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import time
from pathlib import Path

import httpx
import pytest
from redis import Redis

from core.store.blobs import RedisBlobStore
from core.store.jobs import JobStore
from core.store.records import JobStatus
from core.store.workers import WorkerRegistry
from tests.core.bundle_factory import write_bundle
from tests.core.store.webhooks import endpoint
from tests.worker.media_factory import still
from tests.worker.processes import LIMIT_S, start, started, submit, wait_for, wait_for_status


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(write_bundle(tmp_path_factory.mktemp("bundle") / "brightness").path)


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
    # A decoder that gets ready meanwhile may say so after it.
    said = [line for line in stderr.splitlines() if line.startswith("deepfake worker:")]
    assert [line.startswith("deepfake worker: Redis cannot be reached") for line in said] == [True]
    assert worker.returncode == 1


def test_a_setting_that_makes_no_sense_is_named() -> None:
    worker = start("redis://127.0.0.1:1/0", concurrency="many")
    assert "DEEPFAKE_CONCURRENCY" in worker.communicate(timeout=LIMIT_S)[1]
    assert worker.returncode == 1


def test_a_model_that_gives_other_answers_than_were_stored_does_not_start(
    redis_url: str, tmp_path: Path
) -> None:
    bundle = write_bundle(tmp_path / "brightness")
    manifest = json.loads((bundle.path / "model.json").read_text())
    manifest["self_test"] = {"seed": 1, "raw_output": 7.0, "tolerance": 0.01}
    (bundle.path / "model.json").write_text(json.dumps(manifest))
    worker = start(redis_url, model=str(bundle.path))
    stderr = worker.communicate(timeout=LIMIT_S)[1]
    assert re.search(r"answers \S+ to the self-test; 7.0000 ± 0.01 was stored", stderr)
    assert "Traceback" not in stderr
    assert worker.returncode == 1


def test_a_job_that_waits_is_judged_and_the_idle_worker_stops_cleanly(
    redis: Redis, redis_url: str, model: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port = reserved.getsockname()[1]
    settings = {"video_model": "lite0-faces-v6", "log_format": "json", "metrics_port": str(port)}
    endpoint(redis)
    with started(redis_url, model=model, **settings) as (worker, _):
        job = submit(redis, still("JPEG"))
        wait_for_status(redis, job.id, JobStatus.SUCCEEDED)
        wait_until_counted(port, 'jobs_ended_total{queue="interactive",status="succeeded"} 1.0')
        (beat,) = WorkerRegistry(redis).live()
        assert beat.pid == worker.pid
        assert [each.name for each in beat.models] == ["brightness", "lite0-faces-v6"]
        worker.send_signal(signal.SIGTERM)
        log = worker.communicate(timeout=LIMIT_S)[1]
    assert worker.returncode == 0
    assert WorkerRegistry(redis).live() == []
    assert redis.llen("webhooks") == 1  # it rang for a sender
    entries = [json.loads(line) for line in log.splitlines()]
    assert f"{job.id} succeeded in attempt 1" in [
        entry["event"] for entry in entries if entry.get("job_id") == job.id
    ]


def wait_until_counted(port: int, sample: str) -> None:
    deadline = time.monotonic() + LIMIT_S
    while sample not in httpx.get(f"http://127.0.0.1:{port}/metrics").text:
        assert time.monotonic() < deadline, sample
        time.sleep(0.1)


@pytest.mark.parametrize("grace", ["runs out", "is cut short by a second signal"])
def test_a_job_that_outlasts_the_grace_goes_back_to_the_queue(
    redis: Redis, redis_url: str, model: str, grace: str
) -> None:
    grace_s = "0.2" if grace == "runs out" else "3600"
    with started(redis_url, model=model, grace_s=grace_s) as (worker, decoder_pid):
        os.kill(decoder_pid, signal.SIGSTOP)  # the job will hang in it
        job = submit(redis, still("JPEG"))
        wait_for_status(redis, job.id, JobStatus.PROCESSING)
        worker.send_signal(signal.SIGTERM)
        if grace != "runs out":
            wait_for(worker, "stopping")
            worker.send_signal(signal.SIGINT)
        worker.communicate(timeout=LIMIT_S)
    assert worker.returncode == 0
    assert JobStore(redis).get(job.id).status is JobStatus.QUEUED, JobStore(redis).get(job.id).error
    assert JobStore(redis).queue_position(job) == 1
    assert redis.llen("interactive") == 1  # it rang for the others
    assert b"".join(RedisBlobStore(redis).read(job.media.blob_id)) == still("JPEG")
