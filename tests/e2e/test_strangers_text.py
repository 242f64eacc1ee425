"""What strangers write into requests stays within its line of the log and its header or body."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from contextlib import suppress
from email.parser import BytesHeaderParser
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

import pytest

from tests.api.gateway import PNG
from tests.e2e.service import Service, service

FORGED = "2026-01-01T00:00:00.000000Z ERROR api.x: forged"
# A line break of each kind, a terminal's colours, a turned direction of writing, and no end.
TEXTS = {
    "CR LF": f"x\r\n{FORGED}",
    "LF": f"x\n{FORGED}",
    "escape": f"x\x1b[2K\x1b[31m{FORGED}",
    "line separator": f"x\u2028{FORGED}",
    "next line": f"x\x85{FORGED}",
    "right to left": f"x\u202e{FORGED}",
    "quotes": f'x","level":"error","event":"{FORGED}',
    "long": "x" * 20_000,
}
# The headers with which the gateway answers; nobody else may add one.
KNOWN_HEADERS = {
    *("date", "connection", "content-type", "content-length", "x-request-id", "location"),
    *("operation-location", "retry-after", "etag", "vary", "x-content-type-options"),
    *("x-frame-options", "referrer-policy", "cross-origin-resource-policy"),
    *("content-security-policy", "cache-control", "allow", "idempotency-replayed", "link"),
}
LINE = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z (DEBUG|INFO|WARNING) [\w.]+: .*")


def requests_with(text: str) -> Iterator[bytes]:
    """Requests that hold the text in each place that a stranger fills."""
    raw, coded = text.encode(), quote(text, safe="").encode()
    head = b" HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
    for path in (b"/v1/jobs/", b"/v1/jobs?cursor=", b"/v1/jobs?tag=", b"/"):
        yield b"GET " + path + coded + head + b"\r\n"
        yield b"GET " + path + raw + head + b"\r\n"
    yield coded[:30] + b" /v1/jobs" + head + b"\r\n"
    for name in (b"User-Agent", b"X-Request-ID", b"traceparent", b"Origin", b"If-None-Match"):
        yield b"GET /v1/models" + head + name + b": " + raw + b"\r\n\r\n"
    for name in (b"Idempotency-Key", b"Prefer", b"Content-Type", b"X-Request-ID"):
        lines = name + b": " + raw + b"\r\nContent-Length: %d\r\n\r\n" % len(PNG)
        yield b"POST /v1/jobs?tag=" + coded[:200] + head + lines + PNG
    for path in (b"/v1/jobs", b"/v1/batches"):
        yield b"POST " + path + head + _form(raw)


def _form(name: bytes) -> bytes:
    """A file of that name, with a tag that is the same."""
    tag = b'--b\r\nContent-Disposition: form-data; name="tag"\r\n\r\n' + name + b"\r\n"
    disposition = b'--b\r\nContent-Disposition: form-data; name="file"; filename="'
    body = tag + disposition + name + b'"\r\n\r\n' + PNG + b"\r\n--b--\r\n"
    head = b"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: %d\r\n\r\n"
    return head % len(body) + body


def answered(running: Service, request: bytes) -> bytes:
    """All that comes back until the gateway closes."""
    received = b""
    with socket.create_connection(("127.0.0.1", running.port), timeout=30) as connection:
        with suppress(OSError):
            connection.sendall(request)
        with suppress(ConnectionResetError):
            while data := connection.recv(65536):
                received += data
    return received


@pytest.fixture(scope="module", params=["json", "text"])
def spoken(request: pytest.FixtureRequest) -> Iterator[tuple[str, list[bytes], str]]:
    """The form of a gateway's log, its answers to all requests, and the log of that."""
    with TemporaryDirectory(prefix="df-") as path:
        settings = {"log_format": request.param, "log_level": "DEBUG"}
        with service(Path(path), workers=0, **settings) as running:
            log = Path(path) / "api-0.log"
            began = len(log.read_bytes())
            answers = [
                answered(running, each) for text in TEXTS.values() for each in requests_with(text)
            ]
        yield request.param, answers, log.read_bytes()[began:].decode()


def test_each_line_of_the_log_is_one_event_that_the_gateway_wrote(
    spoken: tuple[str, list[bytes], str],
) -> None:
    form, answers, log = spoken
    lines = log.split("\n")[:-1]
    assert len(lines) > len(answers) / 2
    assert [line for line in lines if not line.isprintable() or len(line) > 40_000] == []
    assert log.count("forged") > len(TEXTS)  # so it was there to be harmless
    assert not any(line.startswith(FORGED) for line in lines)
    if form == "text":
        assert [line for line in lines if not LINE.fullmatch(line)] == []
    else:
        events = [json.loads(line) for line in lines]
        assert {event["level"] for event in events} <= {"debug", "info", "warning"}
        assert all({"event", "logger", "timestamp"} <= set(event) for event in events)


def test_no_request_adds_a_header_to_its_answer_or_a_line_to_its_head(
    spoken: tuple[str, list[bytes], str],
) -> None:
    _, answers, _ = spoken
    assert len(answers) > 100
    for answer in answers:
        head, _, body = answer.partition(b"\r\n\r\n")
        status, _, lines = head.partition(b"\r\n")
        assert re.fullmatch(rb"HTTP/1\.1 \d{3} [A-Za-z -]+", status), answer[:300]
        assert b"forged" not in head
        assert head.count(b"\r\n") == head.count(b"\n") == head.count(b"\r")
        headers = BytesHeaderParser().parsebytes(lines)
        added = {name.lower() for name in headers} - KNOWN_HEADERS
        assert {name for name in added if not name.startswith("ratelimit")} == set()
        assert b"HTTP/1.1 " not in body
