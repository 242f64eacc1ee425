"""The same bytes again: answered by the stored result, exactly when that is the answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis import Redis

from api.access.auth import new_key
from api.app import create_app
from api.settings import GatewaySettings
from core.store.attempts import Attempts
from core.store.blobs import RedisBlobStore
from core.store.evidence import EvidenceLimits
from core.store.jobs import JobStore
from core.store.records import Job, JobStatus
from core.store.workers import Heartbeat, ModelIdentity, WorkerRegistry
from tests.api.gateway import MP4, DoorbellTwin, serve
from tests.api.judged import MODEL, judged

HELD = ModelIdentity(**MODEL.model_dump())
OTHER = ModelIdentity("other", "1", "cd" * 32, "openvino-int8")
ACME, EVIL = new_key("acme"), new_key("evil")


def beat(redis: Redis, model: ModelIdentity = HELD, **more: Any) -> None:
    name = f"worker-{model.name}-{len(more)}"
    WorkerRegistry(redis).beat(Heartbeat(name, "host", 1, model, 1, "2026-01-01", **more))


@pytest.fixture
def first(client: httpx.Client, redis: Redis) -> Job:
    """A judged film, and a worker that holds the model that judged it."""
    beat(redis)
    return judged(client, redis, query="frames=7")


def again(client: httpx.Client, query: str = "frames=7", **sent: Any) -> httpx.Response:
    return client.post(f"/v1/jobs?{query}", content=sent.pop("content", MP4), **sent)


def queued(answer: httpx.Response) -> bool:
    """Whether the file will be judged."""
    view = answer.json()
    assert view["cached"] is False
    return (answer.status_code, view["status"], view["result"]) == (202, "queued", None)


def test_the_same_file_again_is_answered_at_once(
    client: httpx.Client, first: Job, blobs: RedisBlobStore, doorbell: DoorbellTwin
) -> None:
    bells = len(doorbell.rung)
    answer = again(client, "frames=7&tag=second&queue=batch")
    view, before = answer.json(), client.get(f"/v1/jobs/{first.id}").json()
    assert (answer.status_code, view["status"], view["cached"]) == (200, "succeeded", True)
    assert answer.headers["location"] == view["links"]["self"] != before["links"]["self"]
    assert view["result"] == before["result"]
    assert (view["tags"], view["queue"], view["attempt"]) == (["second"], "batch", 0)
    assert view["media"]["codec"] == before["media"]["codec"]
    assert (before["cached"], "retry-after" in answer.headers) == (False, False)
    assert len(doorbell.rung) == bells
    account = blobs.account("local")
    assert (blobs.usage().used, account.uploads, account.queued_jobs) == (0, 0, 0)
    assert client.get("/v1/jobs?verdict=fake").json()["jobs"][0]["cached"] is True
    assert client.post(f"{view['links']['self']}/cancel").status_code == 409


@pytest.mark.parametrize(
    "query", ["frames=8", "", "frames=7&sampling=exact", "frames=7&evidence=true"]
)
def test_other_options_are_judged(client: httpx.Client, first: Job, query: str) -> None:
    assert queued(again(client, query))


def test_other_bytes_are_judged(client: httpx.Client, first: Job) -> None:
    assert queued(again(client, content=MP4 + b"x"))


@pytest.mark.parametrize("value", ["no-cache", "max-age=5, No-Cache"])
def test_a_client_can_have_the_file_judged_again(
    client: httpx.Client, first: Job, value: str
) -> None:
    assert queued(again(client, headers={"Cache-Control": value}))


def test_another_cache_directive_refuses_nothing(client: httpx.Client, first: Job) -> None:
    assert again(client, headers={"Cache-Control": "max-age=5"}).json()["cached"]


def test_an_answer_lasts_only_as_long_as_the_job_that_gave_it(
    client: httpx.Client, first: Job
) -> None:
    copy = again(client).json()["id"]
    client.delete(f"/v1/jobs/{first.id}")
    assert client.get(f"/v1/jobs/{copy}").json()["result"]["verdict"] == "fake"
    assert queued(again(client))


def test_a_failed_job_answers_nothing(
    client: httpx.Client, redis: Redis, attempts: Attempts
) -> None:
    beat(redis)
    again(client)
    job = attempts.take("w1")
    assert job is not None
    error = {"code": "unreadable_media", "message": "It is cut off.", "retryable": False}
    attempts.finish(job.id, 1, status=JobStatus.FAILED, error=error)
    assert queued(again(client))


def test_a_job_that_was_canceled_at_its_end_answers_nothing(
    client: httpx.Client, redis: Redis, attempts: Attempts, jobs: JobStore
) -> None:
    beat(redis)
    again(client)
    job = attempts.take("w1")
    assert job is not None
    jobs.request_cancel(job.id, "local")
    result = {"verdict": "fake", "model": asdict(HELD)}
    attempts.finish(job.id, 1, status=JobStatus.SUCCEEDED, result=result)
    assert queued(again(client))


def leave(redis: Redis) -> None:
    WorkerRegistry(redis).leave("worker-lite0-0")


def replace(redis: Redis) -> None:
    leave(redis)
    beat(redis, OTHER, video_model=HELD)


@pytest.mark.parametrize(
    ("change", "judged_again"),
    [
        (lambda redis: beat(redis, OTHER), True),  # one of two workers holds another model
        (leave, True),  # nobody lives, so nobody knows which model is next
        (lambda redis: beat(redis, video_model=OTHER), True),  # another one judges videos now
        (replace, False),  # it judges videos beside another one
    ],
)
def test_an_answer_needs_its_model_in_all_live_workers(
    client: httpx.Client,
    redis: Redis,
    first: Job,
    change: Callable[[Redis], object],
    judged_again: bool,
) -> None:
    change(redis)
    assert again(client).json()["cached"] is not judged_again


def test_the_quarantine_goes_before_a_stored_answer(
    client: httpx.Client, redis: Redis, first: Job
) -> None:
    redis.set(f"df:crashes:local:{first.media.sha256}", 3)
    assert again(client).json()["type"] == "/problems/file_quarantined"


def test_an_idempotency_key_goes_before_a_stored_answer(client: httpx.Client, first: Job) -> None:
    key = {"Idempotency-Key": "order-17"}
    ids = [again(client, headers=key).json()["id"] for _ in range(2)]
    assert ids[0] == ids[1] != first.id


def test_evidence_is_copied_with_a_life_of_its_own(client: httpx.Client, redis: Redis) -> None:
    beat(redis)
    first = judged(client, redis)
    redis.pexpire(f"df:evidence:{first.id}", 60_000)
    copy = again(client, "evidence=true").json()
    assert copy["cached"]
    assert redis.pttl(f"df:evidence:{copy['id']}") > 3_000_000
    client.delete(f"/v1/jobs/{first.id}")
    shown = client.get(f"/v1/jobs/{copy['id']}").json()
    assert shown["evidence"]["heatmaps"] == 2
    assert shown["evidence"]["expires_at"] > first.kept.expires_at.isoformat()[:19]  # type: ignore[union-attr]
    assert client.get(f"/v1/jobs/{copy['id']}/frames/0.jpg").status_code == 200
    client.delete(f"/v1/jobs/{copy['id']}")
    assert redis.get("df:evidence-bytes") == b"0"


@pytest.mark.parametrize("how", ["expired", "full"])
def test_a_job_with_evidence_is_judged_where_that_cannot_be_had(
    client: httpx.Client, redis: Redis, how: str
) -> None:
    beat(redis)
    ttl_s = 0.05 if how == "expired" else 3600.0
    judged(client, redis, limits=EvidenceLimits(ttl_s=ttl_s))
    if how == "expired":
        time.sleep(0.1)
    else:
        redis.set("df:evidence-bytes", 256 * 1024**2)
    assert queued(again(client, "evidence=true"))
    assert len(list(redis.scan_iter("df:evidence:*"))) == (how == "full")


def test_reuse_can_be_turned_off(redis: Redis, redis_url: str) -> None:
    settings = GatewaySettings(redis_url=redis_url, reuse_results=False)
    with serve(create_app(settings, doorbell=DoorbellTwin())) as client:
        beat(redis)
        judged(client, redis, query="frames=7")
        assert queued(again(client))


@pytest.fixture
def guarded(redis_url: str, tmp_path: Path) -> Iterator[httpx.Client]:
    keys = tmp_path / "keys"
    keys.write_text(f"{ACME.entry}\n{EVIL.entry}\n")
    settings = GatewaySettings(redis_url=redis_url, api_keys_file=keys)
    with serve(create_app(settings, doorbell=DoorbellTwin())) as client:
        yield client


def test_a_tenant_does_not_learn_what_another_had_judged(
    guarded: httpx.Client, redis: Redis
) -> None:
    mine, theirs = ({"X-API-Key": key.secret} for key in (ACME, EVIL))
    beat(redis)
    judged(guarded, redis, query="frames=7", headers=mine)
    assert queued(again(guarded, headers=theirs))
    assert again(guarded, headers=mine).json()["cached"]
