"""Whatever Redis does, the gateway answers, and says when to come again."""

from __future__ import annotations

import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import httpx
import pytest

from api.app import create_app
from api.settings import GatewaySettings
from tests.api.gateway import MP4, serve
from tests.redis_server import RedisServer


@contextmanager
def black_hole() -> Iterator[str]:
    """Takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as listener:
        yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0"


@contextmanager
def nobody() -> Iterator[str]:
    """An address where nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    yield f"redis://127.0.0.1:{port}/0"


def calls(client: httpx.Client) -> list[httpx.Response]:
    """One call of each kind, all at once: each waits for Redis as long as it may."""
    with ThreadPoolExecutor() as threads:
        answers = [
            threads.submit(client.post, "/v1/jobs", content=MP4),
            threads.submit(client.get, "/v1/jobs/job_x?wait=30"),
            threads.submit(client.delete, "/v1/jobs/job_x"),
            threads.submit(client.get, "/v1/models"),
            threads.submit(client.get, "/readyz"),
        ]
        return [answer.result() for answer in answers]


@pytest.mark.parametrize("redis_away", [nobody, black_hole])
def test_every_call_answers_503_soon(
    redis_away: Callable[[], AbstractContextManager[str]],
) -> None:
    with redis_away() as url, serve(create_app(GatewaySettings(redis_url=url))) as client:
        started = time.monotonic()
        *answers, ready = calls(client)
        # 3 s are promised; the machine that tests may be slow, a hang would be 60 s.
        assert time.monotonic() - started < 20
        assert {answer.status_code for answer in answers} == {503}
        assert {answer.headers["retry-after"] for answer in answers} == {"2"}
        assert client.get("/healthz").status_code == 200
    assert ready.status_code == 503
    assert not any(check["ok"] for check in ready.json()["checks"].values())


def test_the_gateway_recovers_with_redis() -> None:
    with tempfile.TemporaryDirectory(prefix="df-") as folder:
        server = RedisServer(Path(folder)).start()
        with serve(create_app(GatewaySettings(redis_url=server.url))) as client:
            assert client.post("/v1/jobs", content=MP4).status_code == 202
            server.stop()
            assert client.post("/v1/jobs", content=MP4).status_code == 503
            with server:
                assert client.post("/v1/jobs", content=MP4).status_code == 202
