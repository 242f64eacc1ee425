"""What an autoscaler reads, and what a client is told to expect."""

from __future__ import annotations

import httpx
import pytest
from redis import Redis

from api.service import load as api_load
from core.store.attempts import Attempts
from core.store.records import JobStatus
from core.store.workers import Heartbeat, ModelIdentity, WorkerRegistry
from tests.api.gateway import MP4
from tests.core.store.lost_worker import take

WORKER = Heartbeat(
    "worker-1",
    "host",
    1,
    ModelIdentity("lite0", "1", "ab", "openvino-int8"),
    1,
    "2026-01-01T00:00:00Z",
)


@pytest.fixture(autouse=True)
def _always_fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_load, "FRESH_S", 0.0)


def measured(redis: Redis, seconds: float) -> None:
    for name in ("interactive", "interactive:video"):
        redis.hset("df:service-times", mapping={name: seconds * 1000, f"{name}:n": 9})


def test_an_idle_service_needs_no_slot(client: httpx.Client) -> None:
    idle = {"queued": 0, "work_s": 0.0, "oldest_wait_s": None}
    assert client.get("/v1/capacity").json() == {
        "workers": 0, "slots": 0, "free_slots": 0, "running": 0, "queued": 0, "demand": 0,
        "work_s": 0.0, "oldest_wait_s": None, "queues": {"interactive": idle, "batch": idle},
    }  # fmt: skip


def test_capacity_counts_what_waits_and_what_runs(
    client: httpx.Client, redis: Redis, attempts: Attempts
) -> None:
    WorkerRegistry(redis).beat(WORKER)
    for _ in range(3):
        client.post("/v1/jobs", content=MP4)
    take(attempts)
    before = client.get("/v1/capacity").json()
    assert (before["slots"], before["free_slots"], before["running"]) == (1, 0, 1)
    assert (before["queued"], before["demand"], before["work_s"]) == (2, 3, None)
    measured(redis, 30)
    after = client.get("/v1/capacity").json()
    assert (after["work_s"], after["queues"]["interactive"]["work_s"]) == (60.0, 60.0)
    assert after["oldest_wait_s"] >= 0


def test_a_job_tells_when_its_end_is_expected(
    client: httpx.Client, redis: Redis, attempts: Attempts
) -> None:
    first, second = (client.post("/v1/jobs", content=MP4).json() for _ in range(2))
    assert (first["eta_s"], second["jobs_ahead"]) == (None, 1)
    WorkerRegistry(redis).beat(WORKER)
    measured(redis, 30)
    take(attempts)
    running, waiting = (client.get(job["links"]["self"]).json() for job in (first, second))
    assert running["eta_s"] == pytest.approx(30, abs=5)
    assert running["jobs_ahead"] is None
    assert waiting["eta_s"] == pytest.approx(60, abs=5)
    assert (waiting["queue_position"], waiting["jobs_ahead"]) == (1, 1)
    attempts.finish(first["id"], 1, status=JobStatus.SUCCEEDED, result=None)
    assert client.get(first["links"]["self"]).json()["eta_s"] is None


def test_the_etag_does_not_follow_the_clock(client: httpx.Client, redis: Redis) -> None:
    WorkerRegistry(redis).beat(WORKER)
    answer = client.post("/v1/jobs", content=MP4)
    measured(redis, 30)
    path, tag = answer.json()["links"]["self"], answer.headers["etag"]
    assert client.get(path, headers={"If-None-Match": tag}).status_code == 304
