from __future__ import annotations

import httpx
import pytest
from redis import Redis

from core.errors import StoreUnavailable
from core.store.blobs import RedisBlobStore
from core.store.jobs import JobStore
from tests.api.gateway import MP4, PNG, QueueTwin

KEY = {"Idempotency-Key": "order-17"}


def test_the_same_request_with_the_same_key_gives_the_same_job(
    client: httpx.Client, queue: QueueTwin, blobs: RedisBlobStore
) -> None:
    first = client.post("/v1/jobs?tag=a", content=MP4, headers=KEY)
    again = client.post("/v1/jobs", files={"file": MP4}, data={"tag": "a"}, headers=KEY)
    assert (first.status_code, again.status_code) == (202, 200)
    assert first.json()["id"] == again.json()["id"]
    assert again.headers["location"] == first.headers["location"]
    assert len(queue.published) == 1
    while blobs.usage().used != len(MP4):
        pass


@pytest.mark.parametrize(("query", "body"), [("", PNG), ("?frames=3", MP4), ("?tag=b", MP4)])
def test_another_request_with_the_same_key_is_refused(
    client: httpx.Client, queue: QueueTwin, query: str, body: bytes
) -> None:
    client.post("/v1/jobs", content=MP4, headers=KEY)
    other = client.post(f"/v1/jobs{query}", content=body, headers=KEY)
    assert (other.status_code, other.json()["type"]) == (422, "/problems/idempotency_conflict")
    assert len(queue.published) == 1


@pytest.mark.parametrize("key", ["", "x" * 256, "a b"])
def test_an_unusable_key_is_refused(client: httpx.Client, key: str) -> None:
    answer = client.post("/v1/jobs", content=MP4, headers={"Idempotency-Key": key})
    assert answer.status_code == 422


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
