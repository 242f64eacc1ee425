"""A real uvicorn and plain sockets: what no HTTP client would send."""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import httpx
import pytest

from api.app import create_app
from api.http.protocol import MOST_AHEAD, BoundedProtocol
from api.settings import GatewaySettings
from tests.api.gateway import DoorbellTwin, serve


@pytest.fixture
def strict(redis_url: str) -> Iterator[httpx.Client]:
    """A gateway that waits 0.5 s for the headers of a request."""
    app = create_app(GatewaySettings(redis_url=redis_url), doorbell=DoorbellTwin())
    with serve(app, request_head_s=0.5) as client:
        yield client


def connect(client: httpx.Client) -> socket.socket:
    url = client.base_url
    return socket.create_connection((url.host, url.port or 80), timeout=30)


def answer(connection: socket.socket) -> tuple[int, dict[str, Any]]:
    """All that comes until the other side closes."""
    received = b""
    while data := connection.recv(65536):
        received += data
    head, _, body = received.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)


def trickled_s(connection: socket.socket) -> float:
    """How long the other side takes one byte after another, 10 s at most."""
    started = time.monotonic()
    with suppress(OSError):
        while time.monotonic() - started < 10:
            connection.sendall(b"x")
            time.sleep(0.05)
    return time.monotonic() - started


def test_half_a_header_is_not_waited_for_for_ever(strict: httpx.Client) -> None:
    with connect(strict) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127")
        status, problem = answer(connection)
    assert (status, problem["type"]) == (408, "/problems/request_timeout")
    assert "within 0.5 s" in problem["detail"]


def test_a_header_that_trickles_earns_no_time(strict: httpx.Client) -> None:
    with connect(strict) as connection:
        assert trickled_s(connection) < 10


def test_a_connection_that_says_nothing_is_closed_without_a_word(strict: httpx.Client) -> None:
    with connect(strict) as connection:
        assert connection.recv(100) == b""


def test_half_a_header_after_a_whole_request_is_not_waited_for_either(
    strict: httpx.Client,
) -> None:
    with connect(strict) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
        connection.sendall(b"GET /heal")
        status, _ = answer(connection)
    assert status == 408


def test_half_a_header_that_came_with_a_whole_request_is_told_too(strict: httpx.Client) -> None:
    with connect(strict) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nGET /heal")
        received = b""
        while data := connection.recv(65536):
            received += data
    assert received.startswith(b"HTTP/1.1 200")
    assert b"HTTP/1.1 408" in received


def test_a_body_that_nobody_reads_does_not_hold_the_connection(
    strict: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BoundedProtocol, "linger_s", 0.5)
    with connect(strict) as connection:
        connection.sendall(
            b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 999999\r\n\r\n"
        )
        assert trickled_s(connection) < 10


def test_many_who_say_nothing_are_closed_and_hold_nobody_up(strict: httpx.Client) -> None:
    idle = [connect(strict) for _ in range(200)]
    half = [connect(strict) for _ in range(100)]
    for connection in half:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nX: ")
    assert strict.get("/healthz").status_code == 200
    assert {connection.recv(100) for connection in idle} == {b""}
    assert {connection.recv(12) for connection in half} == {b"HTTP/1.1 408"}
    for connection in idle + half:
        connection.close()


def test_a_body_that_drips_is_given_up(redis_url: str) -> None:
    settings = GatewaySettings(redis_url=redis_url, upload_idle_s=0.3, upload_least_bytes_s=100_000)
    app = create_app(settings, doorbell=DoorbellTwin())
    with serve(app) as client, connect(client) as connection:
        connection.sendall(b"POST /v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        connection.sendall(b"Content-Length: 9999\r\n\r\n\x89PNG\r\n\x1a\n")
        connection.settimeout(0.05)
        received, until = b"", time.monotonic() + 10
        while not received and time.monotonic() < until:
            connection.sendall(b"x")
            with suppress(TimeoutError):
                received = connection.recv(65536)
    assert received.startswith(b"HTTP/1.1 408 ")


def test_requests_one_after_another_are_not_hurried(strict: httpx.Client) -> None:
    for _ in range(4):
        time.sleep(0.2)
        assert strict.get("/healthz").status_code == 200
    job = strict.post("/v1/jobs", content=b"\x89PNG\r\n\x1a\n" + bytes(100)).json()["id"]
    assert strict.get(f"/v1/jobs/{job}?wait=1").status_code == 200  # longer than a head may take


@pytest.mark.parametrize(
    ("sent", "status", "kind"),
    [
        (b"nonsense\r\n\r\n", 400, "malformed_request"),
        (b"GET / HTTP/1.1\r\n\r\n", 400, "malformed_request"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, "malformed_request"),
        (
            b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 70_000,
            431,
            "request_header_fields_too_large",
        ),
    ],
)
def test_what_is_no_request_is_a_problem_too(
    strict: httpx.Client, sent: bytes, status: int, kind: str
) -> None:
    with connect(strict) as connection:
        connection.sendall(sent)
        told, problem = answer(connection)
    assert (told, problem["type"]) == (status, f"/problems/{kind}")
    assert problem["request_id"]


@pytest.mark.parametrize("method", [b"POST", b"HEAD"])
def test_a_body_that_breaks_off_into_nonsense_is_the_clients_fault(
    strict: httpx.Client, caplog: pytest.LogCaptureFixture, method: bytes
) -> None:
    head = b" /v1/jobs HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    with connect(strict) as connection:
        connection.sendall(method + head)
        connection.sendall(b"zz\r\n")
        received = connection.recv(65536)
        while connection.recv(65536):
            pass
    assert received.startswith((b"HTTP/1.1 400", b"HTTP/1.1 405"))
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


def requested(client: httpx.Client, request: bytes) -> tuple[int, dict[str, Any]]:
    with connect(client) as connection:
        connection.sendall(request)
        return answer(connection)


@pytest.mark.parametrize(
    ("target", "status"),
    [
        (b"http://127.0.0.1:80/healthz", 200),
        (b"HTTP://localhost/healthz/?a=b", 200),
        (b"http://127.0.0.1/v1/models", 200),
        (b"http://localhost/v1/jobs/job_1", 404),
        (b"http://stranger.example/v1/models", 403),  # it counts in place of the Host
        (b"http://user@127.0.0.1/healthz", 400),
        (b"ftp://127.0.0.1/healthz", 404),
    ],
)
def test_a_whole_url_is_a_target_too(strict: httpx.Client, target: bytes, status: int) -> None:
    head = b"GET " + target + b" HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    assert requested(strict, head)[0] == status


PIPELINED = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


def received_from(client: httpx.Client, *sent: bytes) -> bytes:
    """All that comes back until the other side closes."""
    received = b""
    with connect(client) as connection:
        with suppress(OSError):
            for part in sent:
                connection.sendall(part)
        with suppress(ConnectionResetError):
            while data := connection.recv(65536):
                received += data
    return received


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"Transfer-Encoding: gzip, chunked\r\n", 501),
        (b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 400),
        (b"Transfer-Encoding: identity\r\n", 501),
        (b"Transfer-Encoding: xchunked\r\n", 501),
        (b"Transfer-Encoding : chunked\r\n", 400),
        (b"Content-Length: 4\r\nContent-Length: 5\r\n", 400),
        (b"Content-Length: +4\r\n", 400),
        (b"Content-Length: 0x4\r\n", 400),
        (b"Content-Length: 4, 5\r\n", 400),
        (b"X-Nul: a\0b\r\n", 400),
        (b"X-Bare: a\rb\r\n", 400),
        (b"No colon\r\n", 400),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_head_that_two_servers_could_read_differently_is_refused(
    strict: httpx.Client, head: bytes, status: int
) -> None:
    sent = b"POST /v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\n" + head + b"\r\n"
    received = received_from(strict, sent + b"0\r\n\r\n" + PIPELINED)
    assert received.startswith(b"HTTP/1.1 %d " % status)
    assert received.count(b"HTTP/1.1 ") == 1  # what follows is no request


# Behind each of these, some servers would see the next request where others see a body.
DOUBTFUL_HEADS = (
    b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n5c\r\n",  # CL.TE
    b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",  # TE.CL
    b"Transfer-Encoding: chunked\r\nTransfer-encoding: cow\r\n\r\n0\r\n\r\n",  # TE.TE
    b"Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n",
    b'Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n',
    b"X: y\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",  # obs-fold
    b"X: y\r\n\tZ: chunked\r\n\r\n0\r\n\r\n",
    b"Content-Length: 4\r\n 5\r\n\r\nabcd",
    b"Content-Length : 4\r\n\r\nabcd",
    b"Content-Length: -1\r\n\r\n",
    b"Content-Length: 4 4\r\n\r\nabcd",
    b"Content-Length: 99999999999999999999999\r\n\r\nabcd",
    b"Content-Length: 18446744073709551620\r\n\r\nabcd",  # 4 in 64 bits
    b"Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd",
    b"Content-Length: 4,4\r\n\r\nabcd",
    b"Content-Length:\r\n\r\nabcd",
    b"Content-Length: 4\n\r\nabcd",  # a bare line feed ends a line
    b"Content-Length: 4\n\nabcd",  # and the head
    b"X: y\nContent-Length: 4\r\n\r\nabcd",
    b"X: y\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"Transfer-Encoding: chunked\nX: y\r\n\r\n0\r\n\r\n",
    b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"Transfer-Encoding:\r\n\r\n0\r\n\r\n",
)
DOUBTFUL_CHUNKS = (
    b"4\nabcd\r\n0\r\n\r\n",  # a bare line feed ends the size
    b"4;a\nb\r\nabcd\r\n0\r\n\r\n",  # and an extension
    b"0x4\r\nabcd\r\n0\r\n\r\n",
    b"+4\r\nabcd\r\n0\r\n\r\n",
    b"-4\r\nabcd\r\n0\r\n\r\n",
    b"4_0\r\nabcd\r\n0\r\n\r\n",
    b"fffffffffffffffff\r\nabcd\r\n0\r\n\r\n",
    b"10000000000000004\r\nabcd\r\n0\r\n\r\n",  # 4 in 64 bits
    b"4 \r\nabcd\r\n0\r\n\r\n",
    b"4\rabcd\r\n0\r\n\r\n",
    b"\r\n4\r\nabcd\r\n0\r\n\r\n",
    b"4\r\nabcd\n0\r\n\r\n",
    b"4\r\nabcdXX0\r\n\r\n",  # something else than a line break ends the data
)
REFUSED = re.compile(rb"HTTP/1\.1 (400|501) ")
SMUGGLED = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


def test_no_request_is_smuggled_behind_a_head(strict: httpx.Client) -> None:
    head = b"POST /v1/nothing HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: keep-alive\r\n"
    received = {sent: received_from(strict, head + sent + SMUGGLED) for sent in DOUBTFUL_HEADS}
    assert [sent for sent, answers in received.items() if not REFUSED.match(answers)] == []
    assert [sent for sent, answers in received.items() if answers.count(b"HTTP/1.1 ") != 1] == []


def test_a_head_that_ends_early_makes_no_request_of_what_follows(strict: httpx.Client) -> None:
    head = b"POST /v1/nothing HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nContent-Length: 4\r\n\r\n"
    statuses = received_from(strict, head + SMUGGLED).split(b"HTTP/1.1 ")[1:]
    assert [int(part[:3]) for part in statuses] == [404, 400]


def test_no_request_is_smuggled_behind_chunks(strict: httpx.Client) -> None:
    received = {sent: received_from(strict, CHUNKED + sent + SMUGGLED) for sent in DOUBTFUL_CHUNKS}
    assert [sent for sent, answers in received.items() if b"HTTP/1.1 200 " in answers] == []
    assert [sent for sent, answers in received.items() if answers.count(b"HTTP/1.1 ") != 1] == []


@pytest.mark.parametrize("version", [b"1.0", b"2.0", b"0.9", b"1.9"])
def test_chunks_in_an_old_and_requests_in_an_unknown_version_are_refused(
    strict: httpx.Client, version: bytes
) -> None:
    head = b" HTTP/" + version + b"\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert received_from(strict, b"POST /v1/jobs" + head).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("step", [1000, 100_000])
@pytest.mark.parametrize(
    "line", [b"x" * 40_000 + b": y", b"x: y\r\n" * 10_000, b"x: " + b"y" * 40_000]
)
def test_a_head_is_bounded_however_it_comes(strict: httpx.Client, line: bytes, step: int) -> None:
    sent = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n" + line + b"\r\n\r\n"
    parts = [sent[start : start + step] for start in range(0, len(sent), step)]
    assert received_from(strict, *parts).startswith(b"HTTP/1.1 431 ")


def test_a_target_is_bounded_too(strict: httpx.Client) -> None:
    sent = b"GET /" + b"x" * 40_000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    assert received_from(strict, sent).startswith(b"HTTP/1.1 431 ")


CHUNKED = b"POST /v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "behind",
    [b"0\r\nx: " + b"y" * 400_000, b"0\r\n" + b"x: y\r\n" * 10_000, b"4;" + b"e" * 400_000],
    ids=["an endless trailer", "many trailers", "an endless extension of a chunk"],
)
def test_what_is_neither_head_nor_body_is_bounded(strict: httpx.Client, behind: bytes) -> None:
    received = received_from(strict, CHUNKED + b"4\r\nabcd\r\n", behind)
    assert received.startswith((b"HTTP/1.1 431 ", b"HTTP/1.1 415 "))


def test_a_trailer_is_no_header(strict: httpx.Client) -> None:
    png = b"\x89PNG\r\n\x1a\n" + bytes(100)
    body = b"%x\r\n" % len(png) + png + b"\r\n0\r\nX-Request-ID: trailed\r\n\r\n"
    with connect(strict) as connection:
        connection.sendall(CHUNKED + body)
        received = connection.recv(65536)
    assert received.startswith(b"HTTP/1.1 202 ")
    assert b"trailed" not in received


def test_requests_that_come_together_are_answered_in_their_order(strict: httpx.Client) -> None:
    last = b"GET /v1/nothing HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    received = received_from(strict, PIPELINED * 10 + last)
    assert [int(part[:3]) for part in received.split(b"HTTP/1.1 ")[1:]] == [200] * 10 + [404]


def test_requests_that_are_sent_ahead_are_bounded(strict: httpx.Client) -> None:
    received = received_from(strict, PIPELINED * 200)
    statuses = [int(part[:3]) for part in received.split(b"HTTP/1.1 ")[1:]]
    assert statuses[:-1] == [200] * (MOST_AHEAD + 1)
    assert statuses[-1] == 400


def test_a_refusal_waits_for_the_answers_before_it(strict: httpx.Client) -> None:
    received = received_from(strict, PIPELINED * 2 + b"nonsense\r\n\r\n")
    assert [int(part[:3]) for part in received.split(b"HTTP/1.1 ")[1:]] == [200, 200, 400]


def test_whoever_asks_for_another_protocol_is_answered_by_this_one(
    strict: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    head = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    received = received_from(strict, head + b"Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n")
    assert received.startswith(b"HTTP/1.1 200 ")
    assert caplog.records == []


def test_a_body_with_two_lengths_is_refused_and_what_follows_is_no_request(
    strict: httpx.Client,
) -> None:
    head = b"POST /v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    lengths = b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
    smuggled = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    status, problem = requested(strict, head + lengths + b"0\r\n\r\n" + smuggled)
    assert (status, problem["type"]) == (400, "/problems/malformed_request")
    assert "both" in problem["detail"]
