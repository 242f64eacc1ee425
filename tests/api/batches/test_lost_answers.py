"""A batch counts each file once, though Redis' answers get lost while jobs are made."""

from __future__ import annotations

import json
import os
import signal
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis import Redis

from api.app import create_app
from api.settings import GatewaySettings
from core.errors import StoreUnavailable
from core.store.batches import BatchStore
from core.store.jobs import JobStore
from core.store.records import Job
from tests.api.gateway import MP4, PNG, DoorbellTwin, serve
from tests.redis_server import RedisServer

CREATE = JobStore.create
Create = Callable[..., Job]


def answer_of_second(patch: pytest.MonkeyPatch, create: Create) -> None:
    """The second job of a batch is made by ``create``: Redis knows the script since the first."""

    def made(store: JobStore, job: Job, **options: Any) -> Job:
        second = job.batch is not None and job.batch.number == 1
        return (create if second else CREATE)(store, job, **options)

    patch.setattr(JobStore, "create", made)


def sent(client: httpx.Client) -> tuple[dict[str, int], list[Any]]:
    """A batch of two files: what is not 0 of its counts, and its items."""
    files = [("file", ("a.mp4", MP4)), ("file", ("b.png", PNG))]
    answer = client.post("/v1/batches", files=files)
    assert answer.status_code == 202, answer.text
    batch = answer.json()
    lines = client.get(batch["links"]["results"]).text.splitlines()
    counts = {name: count for name, count in batch["counts"].items() if count}
    return counts, [json.loads(line) for line in lines]


def test_a_job_whose_making_was_not_heard_of_is_the_only_record_of_its_file(
    client: httpx.Client, jobs: JobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(store: JobStore, job: Job, **options: Any) -> Job:
        CREATE(store, job, **options)
        raise StoreUnavailable("The answer was lost.")

    answer_of_second(monkeypatch, lost)
    counts, items = sent(client)
    assert counts == {"total": 2, "queued": 2}
    assert [item["error"] for item in items] == [None, None]
    assert jobs.get(items[1]["job"]["id"]).status == "queued"


def test_a_batch_whose_client_was_not_told_of_it_is_gone(
    client: httpx.Client, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = BatchStore.open

    def unheard(store: BatchStore, *arguments: Any) -> str:
        really(store, *arguments)
        raise StoreUnavailable("The answer was lost.")

    monkeypatch.setattr(BatchStore, "open", unheard)
    assert client.post("/v1/batches", files={"file": ("a.png", PNG)}).status_code == 503
    deadline = time.monotonic() + 5
    while list(redis.scan_iter("df:batch:*")):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_file_is_counted_once_where_redis_hangs_and_then_does_what_it_was_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with tempfile.TemporaryDirectory(prefix="df-") as folder, RedisServer(Path(folder)) as redis:

        def hang(store: JobStore, job: Job, **options: Any) -> Job:
            os.kill(redis.pid, signal.SIGSTOP)
            try:
                return CREATE(store, job, **options)
            finally:
                os.kill(redis.pid, signal.SIGCONT)

        answer_of_second(monkeypatch, hang)
        settings = GatewaySettings(redis_url=redis.url)
        with serve(create_app(settings, doorbell=DoorbellTwin())) as client:
            counts, items = sent(client)
    made = sum(item["job"] is not None for item in items)  # Redis may have refused the file first
    assert counts == {"total": 2, "queued": made, **({"failed": 1} if made == 1 else {})}
    assert all((item["job"] is None) is not (item["error"] is None) for item in items)
