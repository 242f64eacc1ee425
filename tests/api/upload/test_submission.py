from __future__ import annotations

import json
from contextlib import closing
from http.client import HTTPConnection

import httpx
import pytest
from redis import Redis

from api.app import create_app
from api.settings import GatewaySettings
from core.errors import StoreUnavailable
from core.options import Queue
from core.store.attempts import Attempts
from core.store.blobs import RedisBlobStore
from core.store.jobs import JobStore
from core.store.records import Job
from tests.api.gateway import MP4, DoorbellTwin, serve

KEY = {"Idempotency-Key": "order-17"}


def lose_answers(patch: pytest.MonkeyPatch) -> None:
    """Redis creates jobs, and its answers get lost on the way."""
    create = JobStore.create

    def lost(store: JobStore, job: Job, *, idempotency_key: str | None = None, reuse: bool) -> Job:
        create(store, job, idempotency_key=idempotency_key, reuse=reuse)
        raise StoreUnavailable("The answer was lost.")

    patch.setattr(JobStore, "create", lost)


class Broken(DoorbellTwin):
    """Fails in a way that nobody foresaw."""

    def ring(self, queue: Queue) -> None:
        raise RuntimeError(queue)


class Refusing(DoorbellTwin):
    """The broker takes no message."""

    def ring(self, queue: Queue) -> None:
        raise StoreUnavailable(f"The broker does not take messages for {queue}.")


@pytest.mark.parametrize("doorbell", [Broken(), Refusing()])
def test_a_job_is_queued_though_no_bell_can_be_rung(
    settings: GatewaySettings, jobs: JobStore, doorbell: DoorbellTwin
) -> None:
    with serve(create_app(settings, doorbell=doorbell)) as client:
        answer = client.post("/v1/jobs", content=MP4)
    assert (answer.status_code, answer.json()["queue_position"]) == (202, 1)
    assert jobs.bells_wanted(Queue.INTERACTIVE) == 1  # the workers ring for it


def test_a_job_that_nobody_could_find_is_taken_back(
    client: httpx.Client, redis: Redis, blobs: RedisBlobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        lose_answers(patch)
        assert client.post("/v1/jobs", content=MP4).status_code == 503
    while blobs.usage().used or list(redis.scan_iter("df:job:*")):
        pass


def test_a_queued_job_is_answered_when_its_position_is_not_known(
    client: httpx.Client, jobs: JobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise StoreUnavailable("Redis is away.")

    with monkeypatch.context() as patch:
        patch.setattr(JobStore, "queue_position", away)
        answer = client.post("/v1/jobs", content=MP4)
    assert (answer.status_code, answer.json()["queue_position"]) == (202, None)
    assert jobs.get(answer.json()["id"]).status == "queued"


def test_an_empty_form_field_is_not_given(client: httpx.Client, jobs: JobStore) -> None:
    form = {"frames": "", "sampling": "", "queue": "", "tag": ""}
    answer = client.post("/v1/jobs?frames=3", files={"file": MP4}, data=form)
    assert answer.status_code == 202
    job = jobs.get(answer.json()["id"])
    assert (job.options.frames, job.options.sampling, job.tags) == (3, "keyframes", ())


def test_a_job_whose_creation_was_not_heard_of_keeps_its_bytes_and_is_found_by_its_key(
    client: httpx.Client,
    attempts: Attempts,
    blobs: RedisBlobStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patch:
        lose_answers(patch)
        assert client.post("/v1/jobs", content=MP4, headers=KEY).status_code == 503
    again = client.post("/v1/jobs", content=MP4, headers=KEY)
    assert again.status_code == 200
    while blobs.usage().used != len(MP4):  # of the second upload nothing stays
        pass
    job = attempts.take("worker-1")
    assert job is not None
    assert b"".join(blobs.read(job.media.blob_id)) == MP4


def test_a_file_in_quarantine_is_not_queued_again(
    client: httpx.Client, doorbell: DoorbellTwin, redis: Redis
) -> None:
    sha256 = client.post("/v1/jobs", content=MP4).json()["media"]["sha256"]
    redis.set(f"df:crashes:local:{sha256}", 3)
    answer = client.post("/v1/jobs", content=MP4)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/file_quarantined")
    assert sha256 in answer.json()["detail"]
    assert len(doorbell.rung) == 1


def test_the_quarantine_of_one_tenant_is_not_told_to_another(
    client: httpx.Client, redis: Redis
) -> None:
    sha256 = client.post("/v1/jobs", content=MP4).json()["media"]["sha256"]
    redis.set(f"df:crashes:other:{sha256}", 3)
    assert client.post("/v1/jobs", content=MP4).status_code == 202


def test_an_upload_that_cannot_fit_is_refused_before_the_rest_is_sent(redis_url: str) -> None:
    settings = GatewaySettings(
        redis_url=redis_url, max_upload_bytes=20_000, max_bytes_in_flight=20_000
    )
    with serve(create_app(settings, doorbell=DoorbellTwin())) as client:
        assert client.post("/v1/jobs", content=MP4).status_code == 202
        address = (client.base_url.host, client.base_url.port or 80)
        with closing(HTTPConnection(*address, timeout=30)) as connection:
            connection.request("POST", "/v1/jobs", body=MP4, headers={"Content-Length": "15000"})
            answer = connection.getresponse()
            assert (answer.status, json.load(answer)["type"]) == (503, "/problems/store_full")
