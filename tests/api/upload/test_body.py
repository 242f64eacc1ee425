from __future__ import annotations

import asyncio
import json
from http.client import HTTPConnection

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from starlette.types import Message

from api.app import create_app
from api.settings import GatewaySettings
from core.store.blobs import CHUNK_BYTES, RedisBlobStore
from core.store.jobs import JobStore
from tests.api.asgi import body_of, post
from tests.api.gateway import MP4, DoorbellTwin, serve


def test_a_long_upload_is_cut_into_chunks_of_one_mebibyte(
    client: httpx.Client, jobs: JobStore, blobs: RedisBlobStore
) -> None:
    body = MP4 + bytes(2_500_000)
    pieces = (body[start : start + 7001] for start in range(0, len(body), 7001))
    job = jobs.get(client.post("/v1/jobs", content=pieces).json()["id"])
    chunks = list(blobs.read(job.media.blob_id))
    assert [len(chunk) for chunk in chunks[:-1]] == [CHUNK_BYTES, CHUNK_BYTES]
    assert b"".join(chunks) == body
    assert job.media.size == len(body)


@pytest.mark.parametrize("declared", [True, False])
@pytest.mark.parametrize("form", [True, False])
def test_a_file_beyond_the_limit_answers_413_and_leaves_nothing(
    client: httpx.Client, doorbell: DoorbellTwin, blobs: RedisBlobStore, declared: bool, form: bool
) -> None:
    body = MP4 + bytes(6_000_000)
    request = (
        client.build_request("POST", "/v1/jobs", files={"file": body})
        if form
        else client.build_request("POST", "/v1/jobs", content=body)
    )
    whole = request.read()
    if not declared:
        headers = {"content-type": request.headers.get("content-type", "")}
        request = client.build_request("POST", "/v1/jobs", content=iter([whole]), headers=headers)
    answer = client.send(request)
    assert answer.status_code == 413
    assert "the limit is 3,000,000 bytes" in answer.json()["detail"]
    assert doorbell.rung == []
    while blobs.usage().used:
        pass


@pytest.mark.parametrize(
    ("body", "status", "problem"),
    [
        (b"", 422, "empty_media"),
        (b"%PDF-1.7 " + bytes(5000), 415, "unsupported_media"),
        (b"hi", 415, "unsupported_media"),
    ],
)
@pytest.mark.parametrize("form", [True, False])
def test_what_is_no_media_is_refused(
    client: httpx.Client, blobs: RedisBlobStore, body: bytes, status: int, problem: str, form: bool
) -> None:
    answer = (
        client.post("/v1/jobs", files={"file": ("x.mp4", body, "video/mp4")})
        if form
        else client.post("/v1/jobs", content=body, headers={"Content-Type": "video/mp4"})
    )
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{problem}")
    assert blobs.usage().used == 0


def test_bytes_in_flight_at_their_bound_answer_503(redis_url: str, blobs: RedisBlobStore) -> None:
    settings = GatewaySettings(
        redis_url=redis_url, max_upload_bytes=20_000, max_bytes_in_flight=20_000
    )
    with serve(create_app(settings, doorbell=DoorbellTwin())) as client:
        assert [client.post("/v1/jobs", content=MP4).status_code for _ in range(2)] == [202, 202]
        full = client.post("/v1/jobs", content=MP4)
    assert (full.status_code, full.json()["type"]) == (503, "/problems/store_full")
    assert full.headers["retry-after"] == "5"
    assert full.json()["retryable"] is True
    assert blobs.usage().used == 2 * len(MP4)


def test_an_upload_that_cannot_fit_is_refused_at_its_first_bytes(
    redis_url: str, blobs: RedisBlobStore
) -> None:
    settings = GatewaySettings(
        redis_url=redis_url, max_upload_bytes=20_000, max_bytes_in_flight=20_000
    )
    with serve(create_app(settings, doorbell=DoorbellTwin())) as client:
        client.post("/v1/jobs", content=MP4)
        connection = HTTPConnection(client.base_url.host, client.base_url.port or 80, timeout=30)
        connection.putrequest("POST", "/v1/jobs")
        connection.putheader("Content-Length", "15000")
        connection.endheaders(MP4[:5000])
        answer = connection.getresponse()  # the rest was not sent
        assert (answer.status, json.load(answer)["type"]) == (503, "/problems/store_full")
        connection.close()
    assert blobs.usage().used == len(MP4)


def test_a_client_that_goes_away_leaves_nothing_behind(
    settings: GatewaySettings, doorbell: DoorbellTwin, blobs: RedisBlobStore, jobs: JobStore
) -> None:
    gone: Message = {"type": "http.disconnect"}
    receive = body_of(MP4, bytes(2 * CHUNK_BYTES), then=gone)
    status, _ = asyncio.run(post(create_app(settings, doorbell=doorbell), receive))
    assert status == 400  # which nobody reads
    assert blobs.usage().used == 0
    assert doorbell.rung == []
    assert jobs.counts().queued["interactive"] == 0


def test_a_compressed_body_is_refused_by_its_header(client: httpx.Client) -> None:
    answer = client.post("/v1/jobs", content=MP4, headers={"Content-Encoding": "gzip"})
    assert (answer.status_code, answer.json()["type"]) == (415, "/problems/unsupported_media")
    assert "'gzip'" in answer.json()["detail"]


BOUNDARY = "multipart/form-data; boundary=b"
FORM = b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\n' + MP4 + b"\r\n--b--\r\n"


@pytest.fixture
def app(settings: GatewaySettings) -> FastAPI:
    return create_app(settings, doorbell=DoorbellTwin())


def refused_or_taken(app: FastAPI, chunks: list[bytes], content_type: str) -> int:
    status, answer = asyncio.run(post(app, body_of(*chunks), content_type=content_type))
    assert status in {202, 400, 413, 415, 422}
    assert ("id" in answer) == (status == 202)
    return status


fuzzed = hypothesis_settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@fuzzed
@given(st.lists(st.binary(max_size=300), max_size=4), st.binary(max_size=80))
@example([b"--b--"], b" boundary=b")
@example([b"--b\r\n\r\n"], b" boundary=b")
@example([b"--b\r\n: \r\n\r\nx\r\n--b--"], b" boundary=b")
def test_arbitrary_form_bytes_are_a_problem_and_never_a_fault(
    app: FastAPI, chunks: list[bytes], parameters: bytes
) -> None:
    content_type = "multipart/form-data;" + parameters.decode("latin-1")
    assert refused_or_taken(app, chunks, content_type.replace("\r", "").replace("\n", "")) != 202


@fuzzed
@given(st.integers(0, len(FORM)), st.binary(max_size=20), st.integers(0, 60))
def test_a_damaged_form_is_a_problem_and_never_a_fault(
    app: FastAPI, position: int, noise: bytes, cut: int
) -> None:
    near_head = position % 120
    damaged = FORM[:near_head] + noise + FORM[near_head + cut :]
    refused_or_taken(app, [damaged[:50], damaged[50:]], BOUNDARY)


@fuzzed
@given(st.binary(max_size=5000))
def test_arbitrary_raw_bytes_are_a_problem_and_never_a_fault(app: FastAPI, body: bytes) -> None:
    refused_or_taken(app, [body], "application/octet-stream")
