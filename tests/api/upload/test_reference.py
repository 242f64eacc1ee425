from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from redis import Redis

from api.app import create_app
from api.settings import GatewaySettings
from core.store.blobs import RedisBlobStore
from core.store.jobs import JobStore
from tests.api.gateway import MP4, DoorbellTwin, serve
from tests.core.net.forms import FORMS
from tests.core.net.listener import Listener

KEY = {"Idempotency-Key": "order-17"}


def ok(body: bytes, *headers: str) -> bytes:
    """A whole answer with a body of declared length."""
    lines = ["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def status(line: str, *headers: str) -> bytes:
    """An answer without a body."""
    lines = [f"HTTP/1.1 {line}", "Content-Length: 0", "Connection: close", *headers]
    return "\r\n".join([*lines, "", ""]).encode()


@contextmanager
def fetching(redis_url: str, listener: Listener, **changed: Any) -> Iterator[httpx.Client]:
    """A client of a gateway that may fetch from the listener."""
    own = {
        "redis_url": redis_url,
        "max_upload_bytes": 100_000,
        "fetch_urls": True,
        "outgoing_ports": (80, 443, listener.port),
        "outgoing_private_networks": "127.0.0.1/32",
    }
    settings = GatewaySettings.model_validate({**own, **changed})
    with serve(create_app(settings, doorbell=DoorbellTwin())) as client:
        yield client


def url_of(listener: Listener, path: str = "/clip.mp4") -> str:
    return f"http://127.0.0.1:{listener.port}{path}"


def test_a_file_is_fetched_from_its_url(
    redis_url: str, jobs: JobStore, blobs: RedisBlobStore, redis: Redis
) -> None:
    with Listener(ok(MP4)) as listener, fetching(redis_url, listener) as client:
        wanted = {"url": url_of(listener, "/a.mp4?token=s3cret#x"), "frames": 3, "tag": ["a", "b"]}
        answer = client.post("/v1/jobs?frames=7&evidence=true", json=wanted)
        assert answer.status_code == 202, answer.text
        job = jobs.get(answer.json()["id"])
        assert (job.options.frames, job.options.evidence, job.tags) == (3, True, ("a", "b"))
        assert b"".join(blobs.read(job.media.blob_id)) == MP4
        head = listener.heads[0]
        assert head.startswith(b"GET /a.mp4?token=s3cret HTTP/1.1\r\n")
        assert re.findall(rb"(?i)\r\naccept-encoding: (.*)\r\n", head) == [b"identity"]
        assert not re.search(rb"(?i)\r\n(cookie|authorization|referer|x-request-id):", head)
    assert not any(b"s3cret" in value for key in redis.scan_iter("df:job:*")
                   for value in redis.hgetall(key).values())  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "problem", "told"),
    [
        (status("404 Not Found"), "url_fetch_failed", "answered 404"),
        (status("206 Partial Content"), "url_fetch_failed", "answered 206"),
        (status("503 Away"), "url_unavailable", "answered 503"),
        (status("429 Slowly"), "url_unavailable", "answered 429"),
        (ok(MP4, "Content-Encoding: gzip"), "url_fetch_failed", "'gzip'"),
        (ok(MP4)[:-100], "url_unavailable", "could not be read"),
        (b"", "url_unavailable", "could not be read"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "url_unavailable", "could not be read"),
        (ok(b"<html>" + bytes(5000)), "unsupported_media", "looks like"),
        (ok(b""), "empty_media", "empty"),
        (ok(bytes(100_001)), "too_large", "100,001 bytes"),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + MP4 * 20, "too_large", "at least"),
        (status("302 Found", "Location: http://127.0.0.2/"), "url_not_allowed", "127.0.0.2"),
        (status("302 Found", "Location: http://[::1]/x"), "url_not_allowed", "loopback"),
        (status("302 Found", "Location: file:///etc/passwd"), "url_not_allowed", "scheme"),
        (status("302 Found", "Location: http://[bad/"), "url_fetch_failed", "cannot be read"),
        (status("302 Found", "Location: /again"), "url_fetch_failed", "more than 5 redirects"),
        (status("302 Found"), "url_fetch_failed", "more than 5 redirects"),
    ],
)
def test_what_is_no_file_is_a_problem_and_leaves_nothing(
    redis_url: str, redis: Redis, blobs: RedisBlobStore, answer: bytes, problem: str, told: str
) -> None:
    with Listener(answer) as listener, fetching(redis_url, listener) as client:
        refused = client.post("/v1/jobs", json={"url": url_of(listener)}).json()
        assert refused["type"] == f"/problems/{problem}"
        assert told in refused["detail"]
        assert refused["retryable"] == (problem == "url_unavailable")
        assert listener.hits <= 6
    assert blobs.usage().used == 0
    assert not list(redis.scan_iter("df:job:*"))


def test_up_to_five_redirects_are_followed_each_through_the_guard(redis_url: str) -> None:
    def hop(head: bytes, client: socket.socket) -> None:
        step = int(head.split()[1][1:] or 0)
        client.sendall(ok(MP4) if step == 5 else status("307 On", f"Location: /{step + 1}"))

    with Listener(hop) as listener, fetching(redis_url, listener) as client:
        answer = client.post("/v1/jobs", json={"url": url_of(listener, "/0")})
        assert (answer.status_code, listener.hits) == (202, 6)


def dribble(pause_s: float) -> Callable[[bytes, socket.socket], None]:
    def send(head: bytes, client: socket.socket) -> None:
        client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 90000\r\n\r\n")
        for _ in range(50):
            client.sendall(MP4[:100])
            time.sleep(pause_s)

    return send


@pytest.mark.parametrize(
    ("limits", "told"),
    [
        ({"upload_idle_s": 0.1}, "the next bytes within 0.1 s"),
        ({"fetch_limit_s": 0.3}, "all of the file within 0.3 s"),
    ],
)
def test_a_server_that_is_slow_is_given_up(
    redis_url: str, limits: dict[str, float], told: str
) -> None:
    pause_s = 2 if "upload_idle_s" in limits else 0.05
    with Listener(dribble(pause_s)) as slow, fetching(redis_url, slow, **limits) as client:
        refused = client.post("/v1/jobs", json={"url": url_of(slow)}).json()
    assert (refused["type"], refused["retryable"]) == ("/problems/url_unavailable", True)
    assert told in refused["detail"]


def test_the_fetch_ends_when_its_client_goes_away(redis_url: str, blobs: RedisBlobStore) -> None:
    with Listener(dribble(0.05)) as slow, fetching(redis_url, slow) as client:
        with pytest.raises(httpx.ReadTimeout):
            client.post("/v1/jobs", json={"url": url_of(slow)}, timeout=0.3)
        deadline = time.monotonic() + 10
        while slow.ended < 1 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert slow.ended == 1
    assert blobs.usage().used == 0


def test_the_same_key_and_url_give_the_same_job_without_a_second_fetch(redis_url: str) -> None:
    with Listener(ok(MP4)) as listener, fetching(redis_url, listener) as client:
        wanted = {"url": url_of(listener), "frames": 3}
        first = client.post("/v1/jobs", json=wanted, headers=KEY)
        again = client.post("/v1/jobs?frames=3", json={"url": url_of(listener)}, headers=KEY)
        assert (first.status_code, again.status_code) == (202, 200)
        assert first.json()["id"] == again.json()["id"]
        assert listener.hits == 1
        for other in ({**wanted, "url": url_of(listener, "/b")}, {**wanted, "frames": 4}):
            refused = client.post("/v1/jobs", json=other, headers=KEY)
            assert refused.json()["type"] == "/problems/idempotency_conflict"
        same = client.post("/v1/jobs?frames=3", content=MP4, headers=KEY)  # the file is the same
        assert (same.status_code, listener.hits) == (200, 1)


def test_a_key_of_an_upload_does_not_stand_for_a_url(redis_url: str) -> None:
    with Listener(ok(MP4)) as listener, fetching(redis_url, listener) as client:
        client.post("/v1/jobs", content=MP4, headers=KEY)
        refused = client.post("/v1/jobs", json={"url": url_of(listener)}, headers=KEY)
        assert refused.json()["type"] == "/problems/idempotency_conflict"
        assert listener.hits == 0


def test_no_form_of_a_private_address_is_fetched(redis_url: str) -> None:
    with (
        Listener(ok(MP4)) as hidden,
        fetching(redis_url, hidden, outgoing_private_networks="") as client,
    ):
        for form in FORMS[::5]:
            answer = client.post("/v1/jobs", json={"url": form.replace("{port}", str(hidden.port))})
            assert answer.status_code == 422, form
        assert hidden.hits == 0


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"{}", "invalid_parameter"),
        (b'{"url": 7}', "invalid_parameter"),
        (b'{"url": "http://127.0.0.1/", "frames": 99}', "invalid_parameter"),
        (b'{"url": "http://127.0.0.1/", "path": "/x"}', "invalid_parameter"),
        (b'["http://127.0.0.1/"]', "invalid_parameter"),
        (b'{"url": "http://127.0.0.2/"}', "url_not_allowed"),
        (b"not json", "invalid_parameter"),
        (b'{"url": "' + b"x" * 20_000 + b'"}', "malformed_request"),
    ],
)
def test_a_body_that_names_no_file_is_refused(redis_url: str, body: bytes, problem: str) -> None:
    headers = {"Content-Type": "application/json; charset=utf-8"}
    with Listener() as listener, fetching(redis_url, listener) as client:
        refused = client.post("/v1/jobs", content=body, headers=headers).json()
        assert (refused["type"], listener.hits) == (f"/problems/{problem}", 0)


def test_without_keys_no_url_is_fetched_unless_a_setting_says_so(client: httpx.Client) -> None:
    refused = client.post("/v1/jobs", json={"url": "https://example.com/a.mp4"})
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/forbidden")
    assert "DEEPFAKE_FETCH_URLS" in refused.json()["detail"]
    assert client.get("/v1/limits").json()["fetches_urls"] is False
