from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection

import httpx
import pytest
from redis import Redis

from api.app import create_app
from api.settings import GatewaySettings
from core.store.attempts import Attempts
from core.store.blobs import RedisBlobStore
from core.store.records import JobStatus
from tests.api.gateway import MP4, PNG, DoorbellTwin, serve

KEY = {"Idempotency-Key": "order-17"}


def test_the_same_request_with_the_same_key_gives_the_same_job(
    client: httpx.Client, doorbell: DoorbellTwin, blobs: RedisBlobStore
) -> None:
    first = client.post("/v1/jobs?tag=a", content=MP4, headers=KEY)
    again = client.post("/v1/jobs", files={"file": MP4}, data={"tag": "a"}, headers=KEY)
    assert (first.status_code, again.status_code) == (202, 200)
    assert first.json()["id"] == again.json()["id"]
    assert again.headers["location"] == first.headers["location"]
    assert len(doorbell.rung) == 1
    while blobs.usage().used != len(MP4):
        pass


@pytest.mark.parametrize(("query", "body"), [("", PNG), ("?frames=3", MP4), ("?tag=b", MP4)])
def test_another_request_with_the_same_key_is_refused(
    client: httpx.Client, doorbell: DoorbellTwin, query: str, body: bytes
) -> None:
    client.post("/v1/jobs", content=MP4, headers=KEY)
    other = client.post(f"/v1/jobs{query}", content=body, headers=KEY)
    assert (other.status_code, other.json()["type"]) == (422, "/problems/idempotency_conflict")
    assert len(doorbell.rung) == 1


@pytest.mark.parametrize("key", ["", "x" * 256, "a b"])
def test_an_unusable_key_is_refused(client: httpx.Client, key: str) -> None:
    answer = client.post("/v1/jobs", content=MP4, headers={"Idempotency-Key": key})
    assert answer.status_code == 422


def test_a_file_that_is_in_quarantine_since_is_replayed_all_the_same(
    client: httpx.Client, redis: Redis
) -> None:
    first = client.post("/v1/jobs", content=MP4, headers=KEY).json()
    redis.set(f"df:crashes:local:{first['media']['sha256']}", 3)
    again = client.post("/v1/jobs", content=MP4, headers=KEY)
    assert (again.status_code, again.json()["id"]) == (200, first["id"])


def test_a_replay_stores_nothing_and_works_while_the_store_is_full(redis_url: str) -> None:
    settings = GatewaySettings(
        redis_url=redis_url, max_upload_bytes=len(MP4), max_bytes_in_flight=len(MP4)
    )
    with serve(create_app(settings, doorbell=DoorbellTwin())) as client:
        first = client.post("/v1/jobs", content=MP4, headers=KEY)
        assert client.post("/v1/jobs", content=MP4).status_code == 503
        again = client.post("/v1/jobs", content=MP4, headers=KEY)
    assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])


def test_a_replay_tells_how_the_job_ended(client: httpx.Client, attempts: Attempts) -> None:
    job_id = client.post("/v1/jobs", content=MP4, headers=KEY).json()["id"]
    attempts.take("w1")
    attempts.finish(job_id, 1, status=JobStatus.CANCELED)
    again = client.post("/v1/jobs", content=MP4, headers=KEY).json()
    assert (again["id"], again["status"]) == (job_id, "canceled")


def test_a_replay_needs_no_body(client: httpx.Client) -> None:
    first = client.post("/v1/jobs?frames=3", content=MP4, headers=KEY)
    again = client.post("/v1/jobs", content=b"", headers=KEY)
    assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])
    other = client.post("/v1/jobs?frames=4", content=b"", headers=KEY)
    assert other.json()["type"] == "/problems/idempotency_conflict"


def test_another_length_is_refused_before_a_byte_is_read(client: httpx.Client) -> None:
    client.post("/v1/jobs", content=MP4, headers=KEY)

    connection = HTTPConnection(client.base_url.host, client.base_url.port or 80, timeout=30)
    connection.request("POST", "/v1/jobs", headers={**KEY, "Content-Length": "17"})
    answer = connection.getresponse()  # no byte of the body was sent
    assert (answer.status, json.load(answer)["type"]) == (422, "/problems/idempotency_conflict")
    connection.close()


def test_two_requests_at_one_time_with_one_key_make_one_job(
    client: httpx.Client, doorbell: DoorbellTwin, blobs: RedisBlobStore
) -> None:
    with ThreadPoolExecutor(8) as clients:
        answers = [
            clients.submit(client.post, "/v1/jobs", content=MP4, headers=KEY) for _ in range(8)
        ]
    assert len({answer.result().json()["id"] for answer in answers}) == 1
    assert sorted(answer.result().status_code for answer in answers) == [200] * 7 + [202]
    assert len(doorbell.rung) == 1
    while blobs.usage().used != len(MP4):
        pass
