from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from fastapi import Request
from starlette.types import Message

from api.app import create_app
from api.http.problems import UploadTimeout
from api.settings import GatewaySettings
from api.upload.pace import Pace, paced
from core.store.blobs import RedisBlobStore
from tests.api.asgi import Receive, post
from tests.api.gateway import MP4, DoorbellTwin


def drip(pause_s: float, *, chunks: int, size: int = 1) -> Receive:
    """A client that sends ``size`` bytes every ``pause_s`` seconds."""
    left = iter(range(chunks - 1, -1, -1))

    async def receive() -> Message:
        await asyncio.sleep(pause_s)
        return {"type": "http.request", "body": bytes(size), "more_body": next(left) > 0}

    return receive


def received(receive: Receive, pace: Pace, *, then: Callable[[], float] = lambda: 0) -> int:
    async def read() -> int:
        total = 0
        async for chunk in paced(Request({"type": "http"}, receive), pace):
            total += len(chunk)
            await asyncio.sleep(then())
        return total

    return asyncio.run(read())


def test_a_socket_that_trickles_is_given_up() -> None:
    pace = Pace(idle_s=0.2, least_bytes_s=1000, limit_s=60)
    with pytest.raises(UploadTimeout, match="the least is 1,000 bytes a second"):
        received(drip(0.02, chunks=10_000), pace)


def test_a_slow_client_that_keeps_the_least_rate_is_served() -> None:
    pace = Pace(idle_s=0.5, least_bytes_s=1000, limit_s=60)
    assert received(drip(0.05, chunks=30, size=500), pace) == 15_000


def test_the_time_that_the_store_takes_is_not_charged_to_the_client() -> None:
    pace = Pace(idle_s=0.1, least_bytes_s=10_000, limit_s=60)
    assert received(drip(0, chunks=5, size=100), pace, then=lambda: 0.05) == 500


def test_a_body_of_any_rate_has_a_longest_time() -> None:
    pace = Pace(idle_s=30, least_bytes_s=1, limit_s=0.2)
    with pytest.raises(UploadTimeout, match=r"longer than 0\.2 s"):
        received(drip(0.02, chunks=10_000, size=500), pace)


@pytest.mark.parametrize("which", ["upload_idle_s", "upload_limit_s"])
def test_an_upload_that_stalls_is_given_up(
    redis_url: str, blobs: RedisBlobStore, which: str
) -> None:
    settings = GatewaySettings.model_validate({"redis_url": redis_url, which: 0.2})
    chunks = [MP4]

    async def receive() -> Message:
        if not chunks:
            await asyncio.sleep(60)
        return {"type": "http.request", "body": chunks.pop(), "more_body": True}

    status, answer = asyncio.run(post(create_app(settings, doorbell=DoorbellTwin()), receive))
    assert (status, answer["type"]) == (408, "/problems/upload_timeout")
    assert blobs.usage().used == 0


def test_an_upload_that_trickles_is_a_408_and_leaves_nothing(
    redis_url: str, blobs: RedisBlobStore
) -> None:
    settings = GatewaySettings(redis_url=redis_url, upload_idle_s=0.2, upload_least_bytes_s=100_000)
    app = create_app(settings, doorbell=DoorbellTwin())
    status, answer = asyncio.run(post(app, drip(0.02, chunks=10_000)))
    assert (status, answer["type"]) == (408, "/problems/upload_timeout")
    assert blobs.usage().used == 0
