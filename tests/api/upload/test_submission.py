from __future__ import annotations

import httpx
import pytest
from redis import Redis

from api.app import create_app
from api.settings import GatewaySettings
from core.errors import StoreUnavailable
from core.store.blobs import RedisBlobStore
from core.store.jobs import JobStore
from tests.api.gateway import MP4, QueueTwin, serve

KEY = {"Idempotency-Key": "order-17"}


def test_nothing_stays_when_the_broker_takes_no_message(
    client: httpx.Client, queue: QueueTwin, jobs: JobStore, blobs: RedisBlobStore, redis: Redis
) -> None:
    queue.refuses = True
    answer = client.post("/v1/jobs", content=MP4, headers=KEY)
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/store_unavailable")
    assert answer.headers["retry-after"] == "2"
    while blobs.usage().used or jobs.counts().queued["interactive"]:
        pass
    assert list(redis.scan_iter("df:job:*")) == []
    queue.refuses = False
    assert client.post("/v1/jobs", content=MP4, headers=KEY).status_code == 202


@pytest.mark.parametrize("headers", [KEY, {}])
def test_nothing_stays_when_publishing_fails_in_an_unforeseen_way(
    settings: GatewaySettings, redis: Redis, blobs: RedisBlobStore, headers: dict[str, str]
) -> None:
    class Broken(QueueTwin):
        def publish(self, job_id: str, queue: str) -> None:
            raise RuntimeError(queue, job_id)

    with serve(create_app(settings, queue=Broken())) as client:
        assert client.post("/v1/jobs", content=MP4, headers=headers).status_code == 500
        while blobs.usage().used or list(redis.scan_iter("df:job:*")):
            pass


def test_a_job_that_nobody_could_find_is_taken_back(
    client: httpx.Client, redis: Redis, blobs: RedisBlobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*_: object, **__: object) -> None:
        raise StoreUnavailable("The answer was lost.")

    with monkeypatch.context() as patch:
        patch.setattr(JobStore, "get", lost)  # what create() does last
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
    queue: QueueTwin,
    jobs: JobStore,
    blobs: RedisBlobStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def lost(*_: object, **__: object) -> None:
        raise StoreUnavailable("The answer was lost.")

    with monkeypatch.context() as patch:
        patch.setattr(JobStore, "get", lost)  # what create() does last
        assert client.post("/v1/jobs", content=MP4, headers=KEY).status_code == 503
    again = client.post("/v1/jobs", content=MP4, headers=KEY)
    assert again.status_code == 200
    while blobs.usage().used != len(MP4):  # of the second upload nothing stays
        pass
    assert jobs.lost_messages(older_than_s=-1) == [(again.json()["id"], "interactive")]
    job = jobs.claim(again.json()["id"], "worker-1")
    assert job is not None
    assert b"".join(blobs.read(job.media.blob_id)) == MP4


def test_a_file_in_quarantine_is_not_queued_again(
    client: httpx.Client, queue: QueueTwin, redis: Redis
) -> None:
    sha256 = client.post("/v1/jobs", content=MP4).json()["media"]["sha256"]
    redis.set(f"df:crashes:{sha256}", 3)
    answer = client.post("/v1/jobs", content=MP4)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/file_quarantined")
    assert sha256 in answer.json()["detail"]
    assert len(queue.published) == 1
