"""The gateway as a process: how it stops."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import httpx
import pytest
from redis import Redis

from core.store.workers import Heartbeat, ModelIdentity, WorkerRegistry
from tests.api.gateway import MP4

LIMIT_S = 60.0
DRAIN_S = 2.0


@contextmanager
def gateway(redis_url: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port: int = reserved.getsockname()[1]
    settings = {"REDIS_URL": redis_url, "PORT": port, "DRAIN_S": DRAIN_S, "STOP_GRACE_S": 30}
    process = subprocess.Popen(
        [sys.executable, "-m", "api.main"],
        env={**os.environ, **{f"DEEPFAKE_{name}": str(value) for name, value in settings.items()}},
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until_it_answers(port)
        yield process, port
    finally:
        process.kill()
        process.wait()


def wait_until_it_answers(port: int) -> None:
    deadline = time.monotonic() + LIMIT_S
    while time.monotonic() < deadline:
        try:
            httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=LIMIT_S)
        except httpx.ConnectError:
            time.sleep(0.05)
        else:
            return
    pytest.fail("The gateway did not start.")


def test_a_stop_lets_an_upload_end_sends_others_away_and_exits_with_0(
    redis_url: str, redis: Redis
) -> None:
    model = ModelIdentity("m", "1", "ab" * 32, "openvino-int8")
    WorkerRegistry(redis).beat(Heartbeat("w1", "host", 1, model, 4, "now"))
    with (
        gateway(redis_url) as (process, port),
        closing(socket.create_connection(("127.0.0.1", port), timeout=LIMIT_S)) as upload,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=LIMIT_S) as client,
    ):
        job = client.post("/v1/jobs", content=MP4).json()
        upload.sendall(
            b"POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: video/mp4\r\n"
            b"Content-Length: %d\r\n\r\n%b" % (len(MP4), MP4[:100])
        )
        assert client.get("/readyz").status_code == 200
        with client.stream("GET", job["links"]["events"]) as stream:
            lines = stream.iter_lines()
            next(lines)
            process.send_signal(signal.SIGTERM)
            told = ready(client)
            assert told.json()["checks"]["gateway"]["ok"] is False
            assert told.headers["connection"] == "close"
            rest = list(lines)  # ends cleanly, or this raises
        assert not any(line.startswith("event: gone") for line in rest)
        await_refusal(port)
        upload.sendall(MP4[100:])
        answer = b"".join(iter(lambda: upload.recv(65536), b""))
        assert answer.startswith(b"HTTP/1.1 202 ")
        assert b"connection: close" in answer.lower()
        assert process.wait(LIMIT_S) == 0


def ready(client: httpx.Client) -> httpx.Response:
    """The first answer that says that the gateway stops."""
    deadline = time.monotonic() + LIMIT_S
    while (answer := client.get("/readyz")).status_code == 200:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return answer


def await_refusal(port: int) -> None:
    """Return when the gateway listens no more, although the upload goes on."""
    deadline = time.monotonic() + LIMIT_S
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            return
        time.sleep(0.05)
    pytest.fail("The gateway still listens.")
