"""Resumable uploads in both dialects, over two gateways that share nothing but a Redis."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import Any, Final

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis import Redis

from api.app import create_app
from api.settings import GatewaySettings
from core.errors import BlobMissing, StoreUnavailable
from core.scopes import Scope
from core.store.accounts import Account
from core.store.attempts import Attempts
from core.store.blobs import CHUNK_BYTES, RedisBlobStore
from core.store.resumable import PART_BYTES, ResumableStore, Upload
from tests.api.gateway import MP4, DoorbellTwin, serve
from tests.api.keys import bearer, make_key

TUS: Final = {"Tus-Resumable": "1.0.0"}
TUS_BODY: Final = {**TUS, "Content-Type": "application/offset+octet-stream"}
DRAFT_BODY: Final = {"Content-Type": "application/partial-upload"}
LARGE: Final = MP4 + os.urandom(2 * CHUNK_BYTES + 12_345)


@pytest.fixture
def gateways(redis_url: str) -> Iterator[tuple[httpx.Client, httpx.Client]]:
    with ExitStack() as stack:
        own = GatewaySettings(redis_url=redis_url, max_upload_bytes=3_000_000)
        apps = [create_app(own, doorbell=DoorbellTwin()) for _ in range(2)]
        one, two = [stack.enter_context(serve(app)) for app in apps]
        yield one, two


@pytest.fixture
def one(client: httpx.Client) -> httpx.Client:
    return client


def begin(client: httpx.Client, length: int) -> str:
    answer = client.post("/v1/uploads", headers={**TUS, "Upload-Length": str(length)})
    assert answer.status_code == 201, answer.text
    return str(answer.headers["location"])


def patch(client: httpx.Client, where: str, offset: int, body: bytes) -> httpx.Response:
    headers = {**TUS_BODY, "Upload-Offset": str(offset)}
    return client.patch(where, headers=headers, content=body)


def cut(client: httpx.Client, where: str, offset: int, body: bytes, sent: int) -> None:
    """Begin to append the whole body, and go away after some bytes."""
    address = (str(client.base_url.host), int(client.base_url.port or 0))
    with closing(socket.create_connection(address)) as connection:
        head = (
            f"PATCH {where} HTTP/1.1\r\nHost: localhost\r\nTus-Resumable: 1.0.0\r\n"
            f"Content-Type: application/offset+octet-stream\r\nUpload-Offset: {offset}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        connection.sendall(head.encode() + body[:sent])


def job_of(client: httpx.Client, where: str, **more: object) -> httpx.Response:
    return client.post("/v1/jobs", json={"upload": where, **more})


def test_tus_uploads_in_parts_over_two_gateways_and_a_job_takes_it(
    gateways: tuple[httpx.Client, httpx.Client], attempts: Attempts, blobs: RedisBlobStore
) -> None:
    one, two = gateways
    where = begin(one, len(LARGE))
    for client, start, end in ((one, 0, 1_000), (two, 1_000, 1_500_000), (one, 1_500_000, None)):
        stored = patch(client, where, start, LARGE[start:end])
        assert stored.status_code == 204, stored.text
        assert stored.headers["upload-offset"] == str(end or len(LARGE))
        assert stored.headers["tus-resumable"] == "1.0.0"
        assert stored.headers["upload-expires"].endswith("GMT")
    stands = two.head(where, headers=TUS)
    assert (stands.status_code, stands.headers["cache-control"]) == (204, "no-store")
    assert stands.headers["upload-length"] == stands.headers["upload-offset"] == str(len(LARGE))

    answer = job_of(two, where, frames=3, tag=["a"])
    assert answer.status_code == 202, answer.text
    plain = one.post("/v1/jobs", content=LARGE).json()
    assert answer.json()["media"] == plain["media"]
    job = attempts.take("worker-1")
    assert job is not None
    assert (job.options.frames, job.tags) == (3, ("a",))
    assert b"".join(blobs.read(job.media.blob_id)) == LARGE
    again = job_of(one, where)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/upload_taken")
    assert job.id in again.json()["detail"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=12)
@given(cuts=st.lists(st.integers(0, len(LARGE)), max_size=4))
def test_wherever_it_is_cut_the_upload_goes_on_where_it_stands(
    gateways: tuple[httpx.Client, httpx.Client],
    blobs: RedisBlobStore,
    cuts: list[int],
) -> None:
    where, sent = begin(gateways[0], len(LARGE)), 0
    for number, size in enumerate(cuts):
        offset = int(gateways[number % 2].head(where, headers=TUS).headers["upload-offset"])
        cut(gateways[number % 2], where, offset, LARGE[offset:], size)
        # A gateway may read the request of an earlier cut only now, which counts while it fits.
        sent = max(sent, min(offset + size, len(LARGE)))
        now = int(gateways[1 - number % 2].head(where, headers=TUS).headers["upload-offset"])
        assert offset <= now <= sent
    status = 409
    while status == 409:  # as long as such a request still comes between
        offset = int(gateways[0].head(where, headers=TUS).headers["upload-offset"])
        status = patch(gateways[0], where, offset, LARGE[offset:]).status_code
    assert status == 204
    assert b"".join(blobs.read(where.rpartition("/")[2])) == LARGE
    assert gateways[1].delete(where, headers=TUS).status_code == 204
    assert blobs.usage().used == 0


def test_what_came_before_a_cut_is_kept(one: httpx.Client) -> None:
    where = begin(one, 500_000)
    cut(one, where, 0, bytes(500_000), 70_000)
    deadline, offset = time.monotonic() + 10, 0
    key = where.rpartition("/")[2]
    while offset == 0 and time.monotonic() < deadline:  # without HEAD, which would stop it
        wrong = patch(one, where, 499_999, b"")
        assert wrong.status_code == 409, key
        offset = int(wrong.headers["upload-offset"])
    assert 0 < offset <= 70_000


def test_a_later_request_stops_the_one_before_it(
    gateways: tuple[httpx.Client, httpx.Client], blobs: RedisBlobStore
) -> None:
    one, two = gateways
    where = begin(one, len(LARGE))
    address = (str(one.base_url.host), int(one.base_url.port or 0))
    with closing(socket.create_connection(address, timeout=30)) as slow:
        head = (
            f"PATCH {where} HTTP/1.1\r\nHost: localhost\r\nTus-Resumable: 1.0.0\r\n"
            "Content-Type: application/offset+octet-stream\r\nUpload-Offset: 0\r\n"
            f"Content-Length: {len(LARGE)}\r\n\r\n"
        )
        slow.sendall(head.encode() + LARGE[:PART_BYTES])
        await_bytes(blobs, where)
        offset = int(two.head(where, headers=TUS).headers["upload-offset"])
        assert offset == PART_BYTES
        slow.sendall(LARGE[PART_BYTES:])
        assert slow.recv(65536).startswith(b"HTTP/1.1 409 ")
    assert patch(two, where, offset, LARGE[offset:]).status_code == 204
    assert b"".join(blobs.read(where.rpartition("/")[2])) == LARGE


def await_bytes(blobs: RedisBlobStore, where: str) -> None:
    while True:
        try:
            if blobs.size(where.rpartition("/")[2]):
                return
        except BlobMissing:  # nothing is stored yet
            time.sleep(0.01)


def test_creation_with_upload_takes_the_first_bytes(one: httpx.Client) -> None:
    headers = {**TUS_BODY, "Upload-Length": str(len(MP4)), "Upload-Metadata": "filename YQ=="}
    answer = one.post("/v1/uploads", headers=headers, content=MP4[:5000])
    assert (answer.status_code, answer.headers["upload-offset"]) == (201, "5000")
    where = answer.headers["location"]
    assert one.head(where, headers=TUS).headers["upload-metadata"] == "filename YQ=="
    early = job_of(one, where)
    assert (early.status_code, early.json()["type"]) == (409, "/problems/upload_incomplete")
    assert patch(one, where, 5000, MP4[5000:]).status_code == 204
    assert job_of(one, f"https://proxy.example/under{where}").status_code == 202


def test_options_offer_both_dialects(one: httpx.Client) -> None:
    answer = one.options("/v1/uploads")
    assert answer.status_code == 204
    assert answer.headers["tus-version"] == "1.0.0"
    assert answer.headers["tus-extension"] == "creation,creation-with-upload,expiration,termination"
    assert answer.headers["tus-max-size"] == "3000000"
    assert "application/partial-upload" in answer.headers["accept-patch"]
    assert answer.headers["upload-limit"] == "max-size=3000000"


def test_the_draft_uploads_in_parts(
    gateways: tuple[httpx.Client, httpx.Client], blobs: RedisBlobStore
) -> None:
    one, two = gateways
    begun = one.post("/v1/uploads", headers={"Upload-Complete": "?0"}, content=MP4[:100])
    where = begun.headers["location"]
    assert (begun.status_code, begun.headers["upload-complete"]) == (201, "?0")
    assert begun.headers["upload-limit"].startswith("max-size=3000000, max-age=3")
    stands = two.head(where)
    assert (stands.headers["upload-offset"], stands.headers["upload-complete"]) == ("100", "?0")
    assert "upload-length" not in stands.headers
    more = {"Upload-Offset": "100", "Upload-Complete": "?0"}  # early versions name no type
    assert two.patch(where, headers=more, content=MP4[100:200]).status_code == 204
    last = {**DRAFT_BODY, "Upload-Offset": "200", "Upload-Complete": "?1"}
    done = one.patch(where, headers=last, content=MP4[200:])
    assert (done.status_code, done.headers["upload-complete"]) == (204, "?1")
    assert one.head(where).headers["upload-length"] == str(len(MP4))
    assert b"".join(blobs.read(where.rpartition("/")[2])) == MP4
    assert job_of(two, where).status_code == 202


def test_the_draft_knows_the_length_of_a_request_that_ends_the_upload(one: httpx.Client) -> None:
    whole = one.post("/v1/uploads", headers={"Upload-Complete": "?1"}, content=MP4)
    assert (whole.status_code, whole.headers["upload-complete"]) == (201, "?1")
    lying = {"Upload-Complete": "?1", "Upload-Length": "7"}
    assert one.post("/v1/uploads", headers=lying, content=MP4).status_code == 400
    begun = one.post("/v1/uploads", headers={"Upload-Complete": "?0", "Upload-Length": "10"})
    more = {**DRAFT_BODY, "Upload-Offset": "0", "Upload-Complete": "?1"}
    wrong = one.patch(begun.headers["location"], headers=more, content=b"nine byte")
    assert (wrong.status_code, wrong.json()["type"]) == (400, "/problems/upload_length_mismatch")


BEGINNINGS: Final[list[tuple[dict[str, str], int, str]]] = [
    ({}, 400, "malformed_request"),
    (TUS, 400, "malformed_request"),
    ({**TUS, "Upload-Length": "-1"}, 400, "malformed_request"),
    ({**TUS, "Upload-Length": "1e3"}, 400, "malformed_request"),
    ({**TUS, "Upload-Length": "9" * 16}, 400, "malformed_request"),
    ({**TUS, "Upload-Length": "3000001"}, 413, "too_large"),
    ({"Tus-Resumable": "0.2.2", "Upload-Length": "5"}, 412, "unsupported_tus_version"),
    ({"Upload-Complete": "yes"}, 400, "malformed_request"),
    ({"Upload-Complete": "?0", "Upload-Length": "3000001"}, 413, "too_large"),
    ({"Upload-Complete": "?0", "Content-Encoding": "gzip"}, 415, "unsupported_media"),
    ({**TUS, "Upload-Length": "5", "Upload-Metadata": "a" * 5000}, 400, "malformed_request"),
]


def test_a_beginning_that_makes_no_sense_is_refused(
    one: httpx.Client, blobs: RedisBlobStore
) -> None:
    for headers, status, problem in BEGINNINGS:
        answer = one.post("/v1/uploads", headers=headers)
        assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{problem}")
        assert ("tus-resumable" in answer.headers) == ("Tus-Resumable" in headers)
        assert (answer.headers.get("tus-version") == "1.0.0") == (status == 412)
        assert (answer.headers.get("upload-limit") == "max-size=3000000") == (status == 413)
        assert blobs.account("local").uploads == 0


PARTS: Final[list[tuple[dict[str, str], bytes, int, str]]] = [
    ({**TUS_BODY}, b"x", 400, "malformed_request"),
    ({**TUS, "Upload-Offset": "0"}, b"x", 415, "unsupported_media"),
    ({**TUS, **DRAFT_BODY, "Upload-Offset": "0"}, b"x", 415, "unsupported_media"),
    ({**TUS_BODY, "Upload-Offset": "1"}, b"x", 409, "upload_offset_mismatch"),
    ({**TUS_BODY, "Upload-Offset": "0"}, b"x" * 11, 400, "upload_length_mismatch"),
    ({**DRAFT_BODY, "Upload-Offset": "0"}, b"x", 400, "malformed_request"),
    ({**DRAFT_BODY, "Upload-Offset": "0", "Upload-Complete": "?1"}, b"x", 400,
     "upload_length_mismatch"),
]  # fmt: skip


def test_a_part_that_does_not_fit_is_refused_and_changes_nothing(one: httpx.Client) -> None:
    for headers, body, status, problem in PARTS:
        where = begin(one, 10)
        answer = one.patch(where, headers=headers, content=body)
        assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{problem}")
        told = answer.headers.get("upload-offset") == "0"
        assert told == (problem == "upload_offset_mismatch")
        assert one.head(where, headers=TUS).headers["upload-offset"] == "0"


def test_a_body_of_unknown_length_cannot_go_beyond_the_upload(one: httpx.Client) -> None:
    where = begin(one, 10)
    headers = {**TUS_BODY, "Upload-Offset": "0"}
    answer = one.patch(where, headers=headers, content=iter([b"x" * 8, b"y" * 8]))
    assert answer.json()["type"] == "/problems/upload_length_mismatch"


def test_an_upload_that_was_given_up_is_gone(one: httpx.Client, blobs: RedisBlobStore) -> None:
    where = begin(one, 100_000)
    patch(one, where, 0, bytes(50_000))
    assert one.delete(where, headers=TUS).status_code == 204
    assert blobs.usage().used == 0
    gone = [one.delete(where), one.get(where), patch(one, where, 50_000, b""), job_of(one, where)]
    assert {answer.json()["type"] for answer in gone} == {"/problems/upload_not_found"}


def test_a_beginning_whose_client_goes_away_leaves_nothing(
    one: httpx.Client, blobs: RedisBlobStore
) -> None:
    address = (str(one.base_url.host), int(one.base_url.port or 0))
    with closing(socket.create_connection(address)) as connection:
        connection.sendall(
            b"POST /v1/uploads HTTP/1.1\r\nHost: localhost\r\nUpload-Complete: ?1\r\n"
            b"Content-Length: 50000\r\n\r\n" + bytes(10_000)
        )
        while not blobs.account("local").uploads:
            time.sleep(0.01)
    deadline = time.monotonic() + 10
    while blobs.account("local").uploads and time.monotonic() < deadline:
        time.sleep(0.01)
    assert blobs.usage().used == 0


def test_an_upload_whose_bytes_the_store_lost_is_to_be_begun_anew(
    one: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(_: RedisBlobStore, blob_id: str) -> Iterator[bytes]:
        raise BlobMissing(blob_id)  # as an object that a rule of its bucket has deleted

    where = begin(one, len(MP4))
    assert patch(one, where, 0, MP4).status_code == 204
    monkeypatch.setattr(RedisBlobStore, "read", lost)
    answer = job_of(one, where)
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/upload_not_found")


def test_another_tenant_gets_no_job_of_an_upload(redis_url: str, redis: Redis) -> None:
    alice, bob = (bearer(make_key(redis, name, *Scope)) for name in ("alice", "bob"))
    own = GatewaySettings(redis_url=redis_url, api_keys="redis")
    with serve(create_app(own, doorbell=DoorbellTwin())) as client:
        begun = client.post("/v1/uploads", headers={**alice, "Upload-Complete": "?1"}, content=MP4)
        wanted = {"upload": begun.headers["location"]}
        refused = client.post("/v1/jobs", headers=bob, json=wanted)
        assert (refused.status_code, refused.json()["type"]) == (404, "/problems/upload_not_found")
        assert client.post("/v1/jobs", headers=alice, json=wanted).status_code == 202


def test_the_same_key_and_upload_give_the_same_job(one: httpx.Client) -> None:
    where, key = begin(one, len(MP4)), {"Idempotency-Key": "order-17"}
    patch(one, where, 0, MP4)
    first = one.post("/v1/jobs", json={"upload": where}, headers=key)
    again = one.post("/v1/jobs", json={"upload": where}, headers=key)
    assert (first.status_code, again.status_code) == (202, 200)
    assert first.json()["id"] == again.json()["id"]
    other = one.post("/v1/jobs", json={"upload": begin(one, 5)}, headers=key)
    assert other.json()["type"] == "/problems/idempotency_conflict"


def test_bytes_that_are_no_media_are_refused_and_forgotten(
    one: httpx.Client, blobs: RedisBlobStore, redis: Redis
) -> None:
    for body, problem in ((b"%PDF-1.7 " + bytes(9000), "unsupported_media"), (b"", "empty_media")):
        where = begin(one, len(body))
        patch(one, where, 0, body)
        assert job_of(one, where).json()["type"] == f"/problems/{problem}"
        deadline = time.monotonic() + 10
        while blobs.account("local").uploads and time.monotonic() < deadline:
            time.sleep(0.01)
        assert blobs.usage().used == 0
    assert not list(redis.scan_iter("df:job:*"))


@pytest.mark.parametrize("named", ["", "x", "../jobs", "upload_1", "/v1/uploads/upload_x"])
def test_a_name_that_is_none_of_an_upload_is_refused(one: httpx.Client, named: str) -> None:
    assert job_of(one, named).json()["type"] == "/problems/invalid_parameter"
    both = one.post("/v1/jobs", json={"upload": named, "url": "https://example.com/"})
    assert both.json()["type"] == "/problems/invalid_parameter"


def test_the_openapi_document_tells_the_headers_and_bodies(one: httpx.Client) -> None:
    paths = one.get("/openapi.json").json()["paths"]
    part = paths["/v1/uploads/{upload_id}"]["patch"]
    names = {parameter["name"] for parameter in part["parameters"]}
    assert names == {
        "upload_id", "Tus-Resumable", "Upload-Complete", "Upload-Length", "Upload-Offset"
    }  # fmt: skip
    assert set(part["requestBody"]["content"]) == {
        "application/offset+octet-stream",
        "application/partial-upload",
    }


def test_an_upload_that_ends_while_its_job_is_made_is_not_found(
    one: httpx.Client, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = begin(one, len(MP4))
    patch(one, where, 0, MP4)
    read = RedisBlobStore.read

    def read_late(store: RedisBlobStore, blob_id: str) -> Iterator[bytes]:
        ResumableStore(redis).discard(blob_id, "local")
        return read(store, blob_id)

    monkeypatch.setattr(RedisBlobStore, "read", read_late)
    gone = job_of(one, where)
    assert (gone.status_code, gone.json()["type"]) == (404, "/problems/upload_not_found")


def test_an_upload_whose_chunks_come_slowly_becomes_a_job(
    one: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = begin(one, len(MP4))
    patch(one, where, 0, MP4)

    def read_slowly(_store: RedisBlobStore, _blob_id: str) -> Iterator[bytes]:
        for start in range(0, len(MP4), 1000):
            time.sleep(0.4)  # as from objects that lie far away
            yield MP4[start : start + 1000]

    monkeypatch.setattr(RedisBlobStore, "read", read_slowly)
    assert job_of(one, where).status_code == 202


def test_an_upload_whose_client_was_not_told_of_it_takes_no_share(
    one: httpx.Client, blobs: RedisBlobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = ResumableStore.open

    def unheard(store: ResumableStore, tenant: str, **options: Any) -> Upload:
        really(store, tenant, **options)
        raise StoreUnavailable("The answer was lost.")

    monkeypatch.setattr(ResumableStore, "open", unheard)
    assert one.post("/v1/uploads", headers={**TUS, "Upload-Length": "9"}).status_code == 503
    deadline = time.monotonic() + 5
    while blobs.account("local") != Account():
        assert time.monotonic() < deadline, blobs.account("local")
        time.sleep(0.01)
